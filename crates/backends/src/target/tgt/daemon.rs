//! tgtd, by what is done with it. Every call looks first and does what is missing, so that it can be repeated.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use ports::DriverError;

use super::LUN;
use super::control::{Control, Mode, Op, Request};
use super::kept::Kept;
use super::show::{self, Session, Shown};
use crate::target::{Chap, Iqn};

/// How often a number for a new target is looked for: others may take the same one.
const TRIES: usize = 8;
/// How long those who were sent away may take.
const LEAVING: Duration = Duration::from_secs(10);
/// How often to look whether they are gone.
const LEAVING_PAUSE: Duration = Duration::from_millis(20);
/// Mode page 8 of a unit without a write cache, as tgt-admin sets it.
const NO_WRITE_CACHE: &str =
    "mode_page=8:0:18:0x10:0:0xff:0xff:0:0:0xff:0xff:0xff:0xff:0x80:0x14:0:0:0:0:0:0";

/// The running tgtd.
#[derive(Debug, Clone)]
pub(super) struct Daemon {
    control: Control,
    write_cache: bool,
}

impl Daemon {
    pub(super) const fn new(control: Control, write_cache: bool) -> Self {
        Self { control, write_cache }
    }

    pub(super) fn life(&self) -> Option<String> {
        self.control.life()
    }

    pub(super) fn targets(&self) -> Result<Vec<Shown>, DriverError> {
        self.control.ask(&Request::new(Mode::Target, Op::Show)).map(|text| show::targets(&text))
    }

    pub(super) fn find(&self, name: &Iqn) -> Result<Option<Shown>, DriverError> {
        Ok(self.targets()?.into_iter().find(|target| target.name == name.as_str()))
    }

    /// Has it listen at `place` (`address:port`) unless it does already.
    pub(super) fn ensure_portal(&self, place: &std::net::SocketAddr) -> Result<(), DriverError> {
        let known = show::portals(&self.control.ask(&Request::new(Mode::Portal, Op::Show))?);
        let everywhere = format!("0.0.0.0:{}", place.port());
        let everywhere_6 = format!("[::]:{}", place.port());
        if known
            .iter()
            .any(|known| *known == place.to_string() || *known == everywhere || *known == everywhere_6)
        {
            return Ok(());
        }
        let words = format!("portalOps portal={place},");
        self.control.ask(&Request::new(Mode::Portal, Op::New).words(words, &place.to_string())).map(drop)
    }

    /// Makes the target as it is kept: unit and secret first, so that nobody is in before everything is there.
    pub(super) fn bring_in_line(&self, kept: &Kept) -> Result<(), DriverError> {
        let shown = self.ensure_target(&kept.target)?;
        self.ensure_unit(&shown, kept)?;
        self.ensure_account(&shown, kept.chap.as_ref())?;
        self.ensure_access(&shown, &kept.initiators)
    }

    fn ensure_target(&self, name: &Iqn) -> Result<Shown, DriverError> {
        let mut tries = 0;
        loop {
            let all = self.targets()?;
            if let Some(found) = all.iter().find(|target| target.name == name.as_str()) {
                return Ok(found.clone());
            }
            let tid = (1..).find(|tid| all.iter().all(|target| target.tid != *tid)).unwrap_or(i32::MAX);
            let words = format!("targetname={name}");
            let new = Request::new(Mode::Target, Op::New).target(tid).words(words, name.as_str());
            tries += 1;
            match self.control.ask(&new) {
                Err(error) if tries == TRIES => return Err(error),
                _ => {}
            }
        }
    }

    fn ensure_unit(&self, shown: &Shown, kept: &Kept) -> Result<(), DriverError> {
        let unit = shown.units.iter().find(|unit| unit.lun == LUN);
        match unit {
            Some(unit) if Path::new(&unit.path) == kept.device => {
                if unit.serial == kept.serial && unit.discards == kept.discards {
                    return Ok(());
                }
            }
            Some(_) => {
                self.send_away(shown, |_| true)?;
                self.remove_unit(shown.tid)?;
                self.make_unit(shown.tid, &kept.device)?;
            }
            None => self.make_unit(shown.tid, &kept.device)?,
        }
        self.describe_unit(shown.tid, kept)
    }

    fn make_unit(&self, tid: i32, device: &Path) -> Result<(), DriverError> {
        let path = device.display().to_string();
        if path.contains(',') {
            return Err(DriverError::Refused(format!("tgtd cannot offer {path}, which has a comma in it")));
        }
        let words = format!("path={path},bstype=rdwr");
        self.control
            .ask(&Request::new(Mode::Unit, Op::New).target(tid).unit(LUN).words(words, &path))
            .map(drop)
    }

    fn describe_unit(&self, tid: i32, kept: &Kept) -> Result<(), DriverError> {
        let update = |words: String| {
            let request = Request::new(Mode::Unit, Op::Update).target(tid).unit(LUN);
            self.control.ask(&request.words(format!("targetOps {words},"), &words)).map(drop)
        };
        if !self.write_cache {
            update(NO_WRITE_CACHE.to_owned())?;
        }
        update(format!("thin_provisioning={}", u8::from(kept.discards)))?;
        // The serial number last: a unit that has it has the rest.
        update(format!("scsi_sn={}", kept.serial))
    }

    fn remove_unit(&self, tid: i32) -> Result<(), DriverError> {
        self.control.ask(&Request::new(Mode::Unit, Op::Delete).target(tid).unit(LUN)).map(drop)
    }

    /// Gives the unit the size that its device has now: tgtd looks only when it opens it. Who is logged in loses the
    /// connection, comes back at once and goes on; a unit that changed under an open session would fail its commands.
    pub(super) fn reopen(&self, kept: &Kept) -> Result<(), DriverError> {
        let Some(shown) = self.find(&kept.target)? else { return Ok(()) };
        self.ensure_access(&shown, &[])?;
        self.send_away(&shown, |_| true)?;
        if shown.units.iter().any(|unit| unit.lun == LUN) {
            self.remove_unit(shown.tid)?;
        }
        self.bring_in_line(kept)
    }

    /// Lets in whoever knows `chap`, and nobody who knows something else.
    fn ensure_account(&self, shown: &Shown, chap: Option<&Chap>) -> Result<(), DriverError> {
        let account = |op: Op, user: &str| {
            let request = Request::new(Mode::Account, op).target(shown.tid);
            self.control.ask(&request.words(format!("user={user}"), user)).map(drop)
        };
        let wanted = chap.map(Chap::user);
        for other in shown.accounts.iter().filter(|known| Some(known.as_str()) != wanted) {
            account(Op::Unbind, other)?;
        }
        let Some(chap) = chap.filter(|chap| !shown.accounts.iter().any(|known| known == chap.user())) else {
            return Ok(());
        };
        self.make_account(chap)?;
        account(Op::Bind, chap.user())
    }

    /// Makes the account. One that no target has is made anew: nobody can say which secret it has.
    fn make_account(&self, chap: &Chap) -> Result<(), DriverError> {
        let all = show::accounts(&self.control.ask(&Request::new(Mode::Account, Op::Show))?);
        if all.iter().any(|known| known == chap.user()) {
            if self.targets()?.iter().any(|target| target.accounts.iter().any(|known| known == chap.user())) {
                return Ok(());
            }
            self.forget_account(chap.user())?;
        }
        let words = format!("user={},password={}", chap.user(), chap.expose_secret());
        self.control.ask(&Request::new(Mode::Account, Op::New).words(words, chap.user())).map(drop)
    }

    fn forget_account(&self, user: &str) -> Result<(), DriverError> {
        self.control
            .ask(&Request::new(Mode::Account, Op::Delete).words(format!("user={user}"), user))
            .map(drop)
    }

    /// Lets in `initiators` and nobody else.
    pub(super) fn ensure_access(&self, shown: &Shown, initiators: &[Iqn]) -> Result<(), DriverError> {
        let change = |op: Op, who: &str| {
            // A name never is an address, and the other way round.
            let kind = if who.parse::<Iqn>().is_ok() { "initiator-name" } else { "initiator-address" };
            let request = Request::new(Mode::Target, op).target(shown.tid);
            self.control.ask(&request.words(format!("{kind}={who}"), who)).map(drop)
        };
        for other in shown.access.iter().filter(|known| !initiators.iter().any(|it| it.as_str() == *known)) {
            change(Op::Unbind, other)?;
        }
        for new in initiators.iter().filter(|it| !shown.access.iter().any(|known| known == it.as_str())) {
            change(Op::Bind, new.as_str())?;
        }
        Ok(())
    }

    /// Ends the sessions that `is_meant` and waits until they are gone.
    pub(super) fn send_away(
        &self,
        shown: &Shown,
        is_meant: impl Fn(&Session) -> bool,
    ) -> Result<(), DriverError> {
        let name = shown.name.parse::<Iqn>().map_err(|why| DriverError::Refused(why.to_string()))?;
        let begun = Instant::now();
        loop {
            let there = self.find(&name)?.map(|target| target.sessions).unwrap_or_default();
            let meant: Vec<&Session> = there.iter().filter(|session| is_meant(session)).collect();
            if meant.is_empty() {
                return Ok(());
            }
            if begun.elapsed() > LEAVING {
                let by =
                    meant.iter().map(|session| session.initiator.as_str()).collect::<Vec<_>>().join(", ");
                return Err(DriverError::Busy { what: name.to_string(), by });
            }
            for session in meant {
                for connection in &session.connections {
                    let end = Request::new(Mode::Connection, Op::Delete).target(shown.tid);
                    // It may have gone by itself meanwhile: the next look tells.
                    let _ = self.control.ask(&end.connection(session.sid, *connection));
                }
            }
            thread::sleep(LEAVING_PAUSE);
        }
    }

    /// Withdraws a target with everything that it has.
    pub(super) fn remove(&self, name: &Iqn) -> Result<(), DriverError> {
        let Some(shown) = self.find(name)? else { return Ok(()) };
        self.ensure_access(&shown, &[])?;
        self.send_away(&shown, |_| true)?;
        for unit in &shown.units {
            let delete = Request::new(Mode::Unit, Op::Delete).target(shown.tid).unit(unit.lun);
            self.control.ask(&delete)?;
        }
        self.control.ask(&Request::new(Mode::Target, Op::Delete).target(shown.tid))?;
        let left = self.targets()?;
        for user in &shown.accounts {
            if !left.iter().any(|target| target.accounts.contains(user)) {
                self.forget_account(user)?;
            }
        }
        Ok(())
    }

    /// Whether it answers.
    pub(super) fn check(&self) -> Result<(), DriverError> {
        self.control.ask(&Request::new(Mode::System, Op::Show)).map(drop)
    }
}
