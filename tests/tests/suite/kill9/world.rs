//! The server under test, and what must be true of it whenever it is at rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use blackbox::disk::{file_of, files_below, uuids_in};
use blackbox::{Server, Session, people, process, wait};
use serde_json::{Value, json};

/// How much of the source volume holds something, so that copies take a while.
const HEAVY_BYTES: usize = 4 << 20;
const PATTERN: u8 = 0xa5;

/// What can be made and deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Volume,
    Snapshot,
}

impl Kind {
    /// What a body that describes one is wrapped in.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Snapshot => "snapshot",
        }
    }

    pub(crate) fn collection(self) -> &'static str {
        match self {
            Self::Volume => "/volumes",
            Self::Snapshot => "/snapshots",
        }
    }
}

/// One server, seen by one member whose quotas are lifted.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) session: Session,
    /// A full volume and its snapshot, which are copied from but never deleted.
    pub(crate) spared: [String; 2],
    volumes: Vec<Value>,
    snapshots: Vec<Value>,
}

impl World {
    pub(crate) fn begin(server: Server) -> Self {
        let session = server.member();
        people::lift_quotas(&server.admin(), &session.project_id);
        let heavy = session.make_volume(json!({"size": 1, "name": "heavy"}));
        let file = file_of(&server.volumes_dir(), &heavy);
        let file = File::options().write(true).open(file).expect("the heavy volume's file");
        file.write_all_at(&vec![PATTERN; HEAVY_BYTES], 0).expect("a writable volume");
        let snapshot = session.make_snapshot(&heavy);
        let mut world =
            Self { server, session, spared: [heavy, snapshot], volumes: Vec::new(), snapshots: Vec::new() };
        world.look();
        world
    }

    fn look(&mut self) {
        self.volumes = self.session.volumes();
        self.snapshots = self.session.snapshots();
    }

    pub(crate) fn ids(&self, kind: Kind) -> BTreeSet<String> {
        let rows = match kind {
            Kind::Volume => &self.volumes,
            Kind::Snapshot => &self.snapshots,
        };
        rows.iter().map(|row| text(row, "id")).collect()
    }

    pub(crate) fn size_gib(&self, volume_id: &str) -> Option<i64> {
        self.volumes.iter().find(|volume| volume["id"] == volume_id)?["size"].as_i64()
    }

    /// Waits until everything is at rest.
    #[track_caller]
    pub(crate) fn settle(&mut self, deadline: Instant, about: &str) {
        let limit = deadline.saturating_duration_since(Instant::now());
        let rested = wait::poll(limit, || {
            self.look();
            self.restless().is_empty().then_some(())
        });
        assert!(rested.is_some(), "{about}: still in the middle of something: {:?}", self.restless());
    }

    /// How many resources are in a status that is none to stay in. An accepted operation ends well or is finished after
    /// the restart: a kill is no reason for `error`.
    fn restless(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for row in self.volumes.iter().chain(&self.snapshots) {
            let status = text(row, "status");
            if status != "available" {
                *counts.entry(status).or_insert(0) += 1;
            }
        }
        counts
    }

    /// Everything that must hold when all is at rest.
    #[track_caller]
    pub(crate) fn verify(&self, about: &str) {
        self.verify_files(about);
        self.verify_copies(about);
        self.verify_quota(about);
        let pid = self.server.pid();
        assert_eq!(process::descendants(pid), Vec::<u32>::new(), "{about}: children of the new process");
        let orphans = process::working_below(&self.server.data_dir(), &[pid]);
        assert!(orphans.is_empty(), "{about}: left over by the old process: {orphans:?}");
    }

    /// The files are exactly the rows: one each, named by the row's id, and no other.
    #[track_caller]
    fn verify_files(&self, about: &str) {
        let directory = self.server.volumes_dir();
        let files = files_below(&directory);
        let rows: BTreeSet<String> =
            self.ids(Kind::Volume).union(&self.ids(Kind::Snapshot)).cloned().collect();
        let mut named = BTreeSet::new();
        for file in &files {
            let ids = uuids_in(&name_below(&directory, file));
            assert!(!ids.is_empty(), "{about}: a file without an id: {}", file.display());
            let strange: Vec<&String> = ids.difference(&rows).collect();
            assert!(strange.is_empty(), "{about}: a file of something that is gone: {}", file.display());
            named.extend(ids);
        }
        assert_eq!(named, rows, "{about}: every row has its file");
        assert_eq!(files.len(), rows.len(), "{about}: one file each, nothing temporary: {files:?}");
    }

    /// Whatever was copied from the full volume is full as well, however often its copying was interrupted.
    #[track_caller]
    fn verify_copies(&self, about: &str) {
        let [heavy, snapshot] = &self.spared;
        let is_copy = |volume: &&Value| {
            volume["source_volid"] == heavy.as_str() || volume["snapshot_id"] == snapshot.as_str()
        };
        for copy in self.volumes.iter().filter(is_copy) {
            let path = file_of(&self.server.volumes_dir(), &text(copy, "id"));
            let file = File::open(&path).expect("a volume's file");
            let mut found = vec![0; HEAVY_BYTES];
            file.read_exact_at(&mut found, 0).expect("a readable volume");
            let whole = found.iter().all(|byte| *byte == PATTERN);
            assert!(whole, "{about}: a torn copy: {}", path.display());
        }
    }

    /// What the quota says is used is what there is.
    #[track_caller]
    fn verify_quota(&self, about: &str) {
        let path = format!("/os-quota-sets/{}?usage=True", self.session.project_id);
        let quota = self.session.get(&path)["quota_set"].clone();
        let sizes = |rows: &[Value], key: &str| rows.iter().filter_map(|row| row[key].as_i64()).sum::<i64>();
        let gigabytes = sizes(&self.volumes, "size") + sizes(&self.snapshots, "size");
        let counted = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        for (name, recount) in [
            ("volumes", counted(self.volumes.len())),
            ("snapshots", counted(self.snapshots.len())),
            ("gigabytes", gigabytes),
            ("volumes___DEFAULT__", counted(self.volumes.len())),
            ("gigabytes___DEFAULT__", gigabytes),
        ] {
            assert_eq!(quota[name]["in_use"], recount, "{about}: {name} in use, and recounted");
            assert_eq!(quota[name]["reserved"], 0, "{about}: {name} reserved");
        }
    }

    /// Everything can be deleted, and then nothing is left.
    #[track_caller]
    pub(crate) fn end(mut self) {
        for snapshot in self.ids(Kind::Snapshot) {
            self.session.delete(&format!("/snapshots/{snapshot}")).expect(202);
        }
        wait::until(wait::PATIENCE, "every snapshot is gone", || {
            self.session.snapshots().is_empty().then_some(())
        });
        for volume in self.ids(Kind::Volume) {
            self.session.delete(&format!("/volumes/{volume}")).expect(202);
        }
        wait::until(wait::PATIENCE, "every volume is gone", || {
            self.session.volumes().is_empty().then_some(())
        });
        self.look();
        self.verify("at the end");
        assert_eq!(files_below(&self.server.volumes_dir()), Vec::<PathBuf>::new());
    }
}

fn name_below(directory: &Path, file: &Path) -> String {
    file.strip_prefix(directory).unwrap_or(file).to_string_lossy().into_owned()
}

fn text(row: &Value, key: &str) -> String {
    row[key].as_str().unwrap_or_default().to_owned()
}
