//! RADOS objects, by `rados`.

use ports::DriverError;
use ports::exec::Call;

use super::Pool;
use super::landing::Landing;

const PROGRAM: &str = "rados";
/// Largest object that is put: in one operation, so that nobody sees a part of it. Ceph's own limit (`osd_max_write_size`)
/// is 90 MiB.
pub const MAX_OBJECT_BYTES: u64 = 64 << 20;

impl Pool {
    /// The objects of one namespace of the pool.
    fn objects(&self, namespace: &str) -> Call {
        self.call(PROGRAM).arg(format!("--namespace={namespace}"))
    }

    /// Puts `bytes` as an object, in the place of one that is there.
    ///
    /// # Errors
    /// It is not there, or the old one still is.
    pub fn put_object(&self, namespace: &str, name: &str, bytes: &[u8]) -> Result<(), DriverError> {
        if bytes.len() as u64 > MAX_OBJECT_BYTES {
            let why = format!("{name} has {} bytes, and an object may have {MAX_OBJECT_BYTES}", bytes.len());
            return Err(DriverError::Refused(why));
        }
        let call = self.objects(namespace).arg("--block-size").arg(MAX_OBJECT_BYTES.to_string());
        let call = call.args(["put", name, "-"]).stdin(bytes);
        self.run(&call, &|| self.named(name)).map(drop)
    }

    /// All of an object, in a file without a name.
    ///
    /// # Errors
    /// [`DriverError::Missing`] when it is not there.
    pub fn get_object(&self, namespace: &str, name: &str) -> Result<Landing, DriverError> {
        let landing = Landing::new()?;
        let call = self.objects(namespace).args(["get", name, &landing.path()]);
        self.run(&call, &|| self.named(name))?;
        Ok(landing)
    }

    /// The length of an object.
    ///
    /// # Errors
    /// [`DriverError::Missing`] when it is not there.
    pub fn object_bytes(&self, namespace: &str, name: &str) -> Result<u64, DriverError> {
        let done = self.run(&self.objects(namespace).args(["stat", name]), &|| self.named(name))?;
        let text = String::from_utf8_lossy(&done.stdout);
        let size = text.rsplit_once(", size ").and_then(|(_, size)| size.trim().parse().ok());
        size.ok_or_else(|| DriverError::Refused(format!("rados stat {name}: {text:?} says no size")))
    }

    /// The names of all objects of a namespace, in no order.
    ///
    /// # Errors
    /// [`DriverError::Missing`] when there is no such pool.
    pub fn object_names(&self, namespace: &str) -> Result<Vec<String>, DriverError> {
        let landing = Landing::new()?;
        let call = self.objects(namespace).args(["ls", "--output", &landing.path()]);
        self.run(&call, &|| format!("the pool {}", self.name))?;
        Ok(String::from_utf8_lossy(&landing.read()?).lines().map(str::to_owned).collect())
    }

    /// Removes an object.
    ///
    /// # Errors
    /// It is still there.
    pub fn remove_object(&self, namespace: &str, name: &str) -> Result<(), DriverError> {
        // Where the cluster is full, this is what helps.
        let call = self.objects(namespace).args(["rm", name, "--force-full"]);
        match self.run(&call, &|| self.named(name)) {
            Err(DriverError::Missing { .. }) => Ok(()),
            done => done.map(drop),
        }
    }

    pub(super) fn named(&self, name: &str) -> String {
        format!("{name} in the pool {}", self.name)
    }
}
