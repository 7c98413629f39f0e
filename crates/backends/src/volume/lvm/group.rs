//! A volume group, through LVM's own programs. Every call names its logical volume in full; nothing is guessed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ports::exec::Call;
use ports::volume::Provisioning;
use ports::{DriverError, Exec, ExecError, Work};

use super::name::LvName;
use super::report::{self, LV_COLUMNS, Lv, UNFINISHED_TAG, Unreadable, VG_COLUMNS, Vg};

/// How long a program of LVM's may take: it waits for others' locks.
const TIME_LIMIT: Duration = Duration::from_secs(120);
/// How often a logical volume that somebody has open is looked at, or asked to go; LVM's programs then wait for five seconds
/// each time.
const ATTEMPTS_WHILE_BUSY: u32 = 3;
/// How long to wait at a time for the end of a merge, which goes on whether somebody waits or not.
const MERGE_WAIT: Duration = Duration::from_secs(60);
/// How much of the free space a thin pool gets that we make; the rest lets its metadata grow.
const POOL_SHARE: &str = "95%FREE";

/// A volume group.
#[derive(Debug)]
pub(super) struct Group {
    name: String,
    /// Where LVM's programs find their configuration (`LVM_SYSTEM_DIR`), if not in the usual place.
    system_dir: Option<PathBuf>,
    exec: Exec,
}

impl Group {
    pub(super) const fn new(name: String, system_dir: Option<PathBuf>, exec: Exec) -> Self {
        Self { name, system_dir, exec }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Sees to it that the group is there.
    pub(super) fn check(&self) -> Result<(), DriverError> {
        self.report().map(drop)
    }

    /// The group's own numbers.
    pub(super) fn report(&self) -> Result<Vg, DriverError> {
        let select = format!("vg_name=\"{}\"", self.name);
        let output = self.run(reporting("vgs", VG_COLUMNS).args(["--select", &select]))?;
        let found = report::vg(&output).map_err(unreadable)?;
        found.ok_or_else(|| DriverError::Refused(format!("there is no volume group {}", self.name)))
    }

    /// Every logical volume, ours or not.
    pub(super) fn all(&self) -> Result<Vec<Lv>, DriverError> {
        let output = self.run(reporting("lvs", LV_COLUMNS).arg(&self.name))?;
        report::lvs(&output).map_err(unreadable)
    }

    /// One of ours.
    pub(super) fn find(&self, name: LvName) -> Result<Option<Lv>, DriverError> {
        self.named(&name.to_string())
    }

    /// Anybody's.
    pub(super) fn named(&self, name: &str) -> Result<Option<Lv>, DriverError> {
        let select = format!("lv_name=\"{name}\"");
        let output = self.run(reporting("lvs", LV_COLUMNS).args(["--select", &select]).arg(&self.name))?;
        Ok(report::lvs(&output).map_err(unreadable)?.into_iter().next())
    }

    /// Anybody's, when whoever only opened it for a moment is done.
    pub(super) fn named_at_rest(&self, name: &str) -> Result<Option<Lv>, DriverError> {
        let mut attempt = 1;
        loop {
            match self.named(name)? {
                Some(lv) if lv.is_open && attempt < ATTEMPTS_WHILE_BUSY => attempt += 1,
                found => return Ok(found),
            }
            self.let_udev_look();
        }
    }

    /// What the group is used for: thin when it has the pool, or nothing yet and the means; thick otherwise.
    pub(super) fn suggested(&self, pool: &str) -> Result<Provisioning, DriverError> {
        let all = self.all()?;
        let has_pool = all.iter().any(|lv| lv.name == pool && lv.is_thin_pool());
        let thin = has_pool || (all.is_empty() && self.can_be_thin());
        Ok(if thin { Provisioning::Thin } else { Provisioning::Thick })
    }

    /// Whether the programs are there without which no thin pool is activated.
    fn can_be_thin(&self) -> bool {
        self.exec.run(&Work::new(), &Call::new("thin_check").arg("-V")).is_ok()
    }

    /// Makes the thin pool unless it is there.
    pub(super) fn ensure_pool(&self, pool: &str) -> Result<(), DriverError> {
        match self.named(pool)? {
            Some(lv) if lv.is_thin_pool() => return self.activate(pool),
            Some(_) => {
                return Err(DriverError::Refused(format!("{}/{pool} is not a thin pool", self.name)));
            }
            None => {}
        }
        let make =
            Call::new("lvcreate").args(["--yes", "--quiet", "--type", "thin-pool", "--extents", POOL_SHARE]);
        self.run(make.args(["--name", pool]).arg(&self.name)).map(drop)
    }

    /// Makes a thick volume; nothing is asked about old signatures, and its content is the caller's business. One that is still to be filled is marked.
    pub(super) fn create(
        &self,
        name: &str,
        bytes: u64,
        mirrors: u64,
        unfinished: bool,
    ) -> Result<(), DriverError> {
        let mut make = creating(name)
            .args(["--wipesignatures", "n", "--zero", "y"])
            .args(["--size".to_owned(), format!("{bytes}b")]);
        if mirrors > 0 {
            make = make.args(["--type", "raid1", "--mirrors", &mirrors.to_string()]);
        }
        if unfinished {
            make = make.args(["--addtag", UNFINISHED_TAG]);
        }
        self.run(make.arg(&self.name)).map(drop)
    }

    /// Makes a thin volume.
    pub(super) fn create_thin(&self, name: &str, pool: &str, bytes: u64) -> Result<(), DriverError> {
        let size = format!("{bytes}b");
        let pool = format!("{}/{pool}", self.name);
        self.run(creating(name).args(["--virtualsize", &size, "--thinpool", &pool])).map(drop)
    }

    /// The same of one that is still to be filled.
    pub(super) fn create_thin_unfinished(
        &self,
        name: &str,
        pool: &str,
        bytes: u64,
    ) -> Result<(), DriverError> {
        let size = format!("{bytes}b");
        let pool = format!("{}/{pool}", self.name);
        let make = creating(name).args(["--virtualsize", &size, "--thinpool", &pool]);
        self.run(make.args(["--addtag", UNFINISHED_TAG])).map(drop)
    }

    /// Makes a snapshot. A thick one gets room for the whole of its origin to change.
    pub(super) fn snapshot(&self, origin: &Lv, name: &str) -> Result<(), DriverError> {
        let snapshot = self.snapshotting(origin, name);
        let snapshot = if origin.is_thin() { snapshot.args(["--permission", "r"]) } else { snapshot };
        self.run(snapshot.arg(self.path(&origin.name))).map(drop)
    }

    /// Makes a snapshot that can be written and is still to be completed, or only to be read from for a while.
    pub(super) fn snapshot_unfinished(&self, origin: &Lv, name: &str) -> Result<(), DriverError> {
        let snapshot = self.snapshotting(origin, name).args(["--addtag", UNFINISHED_TAG]);
        self.run(snapshot.arg(self.path(&origin.name))).map(drop)
    }

    fn snapshotting(&self, origin: &Lv, name: &str) -> Call {
        let snapshot = Call::new("lvcreate").args(["--yes", "--quiet", "--snapshot", "--name", name]);
        if origin.is_thin() {
            snapshot.args(["--setactivationskip", "n"])
        } else {
            snapshot.args(["--size".to_owned(), format!("{}b", origin.size_bytes)])
        }
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> Result<(), DriverError> {
        self.run(Call::new("lvrename").args(["--quiet", &self.name, from, to])).map(drop)
    }

    /// Has a thick snapshot merged into its origin from the origin's next activation on.
    pub(super) fn merge(&self, snapshot: &str) -> Result<(), DriverError> {
        self.run(Call::new("lvconvert").args(["--yes", "--quiet", "--merge"]).arg(self.path(snapshot)))
            .map(drop)
    }

    /// Waits for the end of a merge into `origin`, which LVM notes only while somebody waits for it. It may last longer
    /// than one wait.
    pub(super) fn await_merge(&self, work: &Work, origin: &str) -> Result<(), DriverError> {
        let wait = Call::new("lvm")
            .args(["lvpoll", "--polloperation", "merge", "--interval", "1"])
            .arg(self.path(origin));
        match self.exec.run(work, &self.configured(wait).time_limit(MERGE_WAIT)) {
            Ok(_) | Err(ExecError::TimedOut { .. }) => Ok(()),
            Err(error) => Err(self.explained(error)),
        }
    }

    /// Says that a volume is whole.
    pub(super) fn finish(&self, name: &str) -> Result<(), DriverError> {
        self.untag(name, UNFINISHED_TAG)
    }

    pub(super) fn tag(&self, name: &str, tag: &str) -> Result<(), DriverError> {
        self.run(Call::new("lvchange").args(["--quiet", "--addtag", tag]).arg(self.path(name))).map(drop)
    }

    pub(super) fn untag(&self, name: &str, tag: &str) -> Result<(), DriverError> {
        self.run(Call::new("lvchange").args(["--quiet", "--deltag", tag]).arg(self.path(name))).map(drop)
    }

    pub(super) fn extend(&self, name: &str, bytes: u64) -> Result<(), DriverError> {
        let size = format!("{bytes}b");
        self.run(Call::new("lvextend").args(["--yes", "--quiet", "--size", &size]).arg(self.path(name)))
            .map(drop)
    }

    /// Makes the device of a logical volume. No process is left behind to wait for the end of a merge.
    pub(super) fn activate(&self, name: &str) -> Result<(), DriverError> {
        // Of a snapshot, LVM asks whether its origin is to be activated with it.
        let activate = Call::new("lvchange").args(["--yes", "--quiet", "--activate", "y", "--poll", "n"]);
        self.run(activate.arg("--ignoreactivationskip").arg(self.path(name))).map(drop)
    }

    pub(super) fn deactivate(&self, name: &str) -> Result<(), DriverError> {
        self.run_when_closed(&Call::new("lvchange").args(["--quiet", "--activate", "n"]).arg(self.path(name)))
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), DriverError> {
        self.run_when_closed(&Call::new("lvremove").args(["--yes", "--quiet"]).arg(self.path(name)))
    }

    /// Sends a message to a thin pool in the kernel.
    pub(super) fn tell_pool(&self, device: &Path, message: &str) -> Result<(), DriverError> {
        self.run(Call::new("dmsetup").arg("message").arg(device).args(["0", message])).map(drop)
    }

    /// What `thin_delta` prints of two thin volumes, by the snapshot of the metadata on `device`.
    pub(super) fn thin_delta(
        &self,
        work: &Work,
        device: &Path,
        (before, now): (u64, u64),
    ) -> Result<Vec<u8>, DriverError> {
        let (before, now) = (before.to_string(), now.to_string());
        let call = Call::new("thin_delta").args(["--metadata-snap", "--snap1", &before, "--snap2", &now]);
        let done = self.exec.run(work, &call.arg(device).time_limit(TIME_LIMIT));
        done.map(|output| output.stdout).map_err(|error| self.explained(error))
    }

    /// The name by which LVM's programs know a logical volume.
    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.name)
    }

    /// Has `ionice` treat this thread as `words` say. That it cannot is no reason not to go on.
    pub(super) fn treat_this_thread(&self, words: &[String]) {
        let thread = rustix::thread::gettid().as_raw_nonzero().to_string();
        let call = Call::new("ionice").args(words).args(["-p", &thread]);
        if let Err(error) = self.exec.run(&Work::new(), &call) {
            tracing::warn!(%error, "wiping is not made to leave others room");
        }
    }

    fn run(&self, call: Call) -> Result<Vec<u8>, DriverError> {
        let done = self.exec.run(&Work::new(), &self.configured(call).time_limit(TIME_LIMIT));
        done.map(|output| output.stdout).map_err(|error| self.explained(error))
    }

    /// Runs what needs a device that nobody has open; who has it open for longer than a moment is told of.
    fn run_when_closed(&self, call: &Call) -> Result<(), DriverError> {
        let mut attempt = 1;
        loop {
            match self.run(call.clone()) {
                Err(DriverError::Busy { .. }) if attempt < ATTEMPTS_WHILE_BUSY => attempt += 1,
                done => return done.map(drop),
            }
            self.let_udev_look();
        }
    }

    /// After each write udev and what listens to it open the device for a moment, which is long on a busy machine.
    fn let_udev_look(&self) {
        let settle = Call::new("udevadm").args(["settle", "--timeout", "10"]);
        if let Err(error) = self.exec.run(&Work::new(), &settle) {
            tracing::debug!(%error, "udev has not settled");
        }
    }

    fn configured(&self, call: Call) -> Call {
        match &self.system_dir {
            Some(directory) => call.env("LVM_SYSTEM_DIR", directory),
            None => call,
        }
    }

    /// What LVM says in words, as what can be done about it.
    fn explained(&self, error: ExecError) -> DriverError {
        let ExecError::Failed { stderr, .. } = &error else { return error.into() };
        let says = |words: &str| stderr.contains(words);
        if says("in use") || says("is used by another device") || says("contains a filesystem in use") {
            let by = "an open device".to_owned();
            return DriverError::Busy { what: format!("a logical volume of {}", self.name), by };
        }
        if says("insufficient free space") || says("Insufficient free space") || says("insufficient suitable")
        {
            let free_bytes = self.report().map_or(0, |vg| vg.free_bytes);
            return DriverError::NoSpace { asked_bytes: free_bytes.saturating_add(1), free_bytes };
        }
        error.into()
    }
}

fn creating(name: &str) -> Call {
    Call::new("lvcreate").args(["--yes", "--quiet", "--name", name])
}

fn reporting(program: &str, columns: &str) -> Call {
    Call::new(program).args(["--reportformat", "json", "--units", "b", "--nosuffix", "--options", columns])
}

fn unreadable(error: Unreadable) -> DriverError {
    DriverError::Refused(error.to_string())
}
