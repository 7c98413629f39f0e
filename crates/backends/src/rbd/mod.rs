//! Ceph: the RADOS objects and the RBD images of a pool.
//!
//! Everything is asked of the programs that come with Ceph, `rados` and `rbd`, as arguments and never through a shell;
//! the content of images comes and goes through `qemu-nbd`. ADR 0014 says why nothing is linked. Each call is a whole one: it
//! has been made when it returns, and can be made again.

mod answer;
mod changes;
mod images;
mod landing;
mod objects;

pub use images::{Layout, Snapshot};
pub use landing::Landing;
pub use objects::MAX_OBJECT_BYTES;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use ports::exec::{Call, Output};
use ports::{DriverError, Exec, Work};

/// How long the cluster may take to let us in, in seconds.
const ENTRY_SECONDS: u32 = 30;
/// How long one operation of a call may take, in seconds: Ceph lets those wait that find it full, or without enough of its
/// daemons.
const OPERATION_SECONDS: u32 = 120;
/// How long one call may take.
const CALL_WITHIN: Duration = Duration::from_secs(600);
/// How long a call may take that goes over all of an image.
const WALK_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// How a cluster is reached.
#[derive(Debug, Clone)]
pub struct Cluster {
    conf: PathBuf,
    user: String,
    exec: Exec,
}

impl Cluster {
    /// The cluster that the file `conf` is about, as `client.{user}`, whose key lies where that file says.
    #[must_use]
    pub fn new(conf: PathBuf, user: String, exec: Exec) -> Self {
        Self { conf, user, exec }
    }

    /// Its identifier.
    ///
    /// # Errors
    /// It cannot be asked.
    pub fn id(&self) -> Result<String, DriverError> {
        let timeout = format!("--connect-timeout={ENTRY_SECONDS}");
        let call = self.program("ceph").arg(timeout).arg("fsid").time_limit(CALL_WITHIN);
        let done = self.exec.run(&Work::new(), &call);
        let done = done.map_err(|error| answer::told(error, &|| "the cluster".to_owned()))?;
        Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
    }

    /// A run of one of Ceph's programs.
    fn program(&self, program: &str) -> Call {
        let mut conf = OsString::from("--conf=");
        conf.push(&self.conf);
        Call::new(program).arg(conf).arg(format!("--id={}", self.user))
    }

    /// The pool called `name`. Nobody is asked yet.
    #[must_use]
    pub fn pool(&self, name: &str) -> Pool {
        Pool { cluster: self.clone(), name: name.to_owned() }
    }
}

/// A pool of a cluster.
#[derive(Debug, Clone)]
pub struct Pool {
    cluster: Cluster,
    name: String,
}

impl Pool {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A run of one of Ceph's programs on this pool.
    fn call(&self, program: &str) -> Call {
        self.cluster
            .program(program)
            .arg(format!("--pool={}", self.name))
            .arg(format!("--client-mount-timeout={ENTRY_SECONDS}"))
            .arg(format!("--rados-mon-op-timeout={OPERATION_SECONDS}"))
            .arg(format!("--rados-osd-op-timeout={OPERATION_SECONDS}"))
            // Programs that run at the same time would quarrel about one socket for questions.
            .arg("--admin-socket=")
            .time_limit(CALL_WITHIN)
    }

    /// Makes `call`, which is about `what`.
    fn run(&self, call: &Call, what: &dyn Fn() -> String) -> Result<Output, DriverError> {
        let done = self.cluster.exec.run(&Work::new(), call);
        done.map_err(|error| answer::told(error, what))
    }
}
