//! Who keeps the keys of encrypted volumes: this program, or Barbican.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use config::Config;
use model::secret::Secret;
use operations::keys::{MasterKey, SealedKeys};
use ports::KeyManager;
use store::Store;
use tokio::runtime::Handle;

use crate::cli::Failure;
use crate::data_dir::{DataDir, write_private};

/// The file of the master key, in the data directory.
const MASTER_KEY: &str = "master-key";

/// Whether keys are kept by this program, which then serves them.
pub(super) fn are_embedded(config: &Config) -> Result<bool, Failure> {
    let elsewhere = backends::keys::from_config(config).map_err(|error| error.to_string())?;
    Ok(elsewhere.is_none())
}

/// The key manager that `[key_manager] backend` names; the one that is part of this program when it names none.
pub(super) async fn open(
    config: &Config,
    data_dir: &DataDir,
    store: &Store,
) -> Result<Arc<dyn KeyManager>, Failure> {
    if let Some(elsewhere) = backends::keys::from_config(config).map_err(|error| error.to_string())? {
        return Ok(elsewhere);
    }
    let sealed = store.read(store::sealed_keys::count).await;
    let sealed = sealed.map_err(|error: store::StoreError| error.chain())?;
    let master = master_key(&data_dir.join(MASTER_KEY), sealed)?;
    Ok(Arc::new(SealedKeys::new(store.clone(), master, Handle::current())))
}

/// The master key in the file, which is made when there is nothing yet that it would have to open.
fn master_key(path: &Path, sealed: u64) -> Result<MasterKey, Failure> {
    let shown = path.display();
    match fs::read_to_string(path).map(Secret::new) {
        Ok(text) => MasterKey::from_text(text.expose()).map_err(|error| format!("{shown}: {error}")),
        Err(error) if error.kind() == io::ErrorKind::NotFound && sealed == 0 => {
            let new = MasterKey::draw().ok_or("the system has no random numbers")?;
            write_private(path, new.to_text().expose().as_bytes())?;
            Ok(new)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(format!(
            "{shown} is gone, and {sealed} keys of encrypted volumes cannot be opened without it: put it back"
        )),
        Err(error) => Err(format!("cannot read {shown}: {error}")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn made_once_and_for_its_owner_only() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(MASTER_KEY);
        let made = master_key(&path, 0).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = master_key(&path, 5).unwrap();
        assert_eq!(again.to_text().expose(), made.to_text().expose());
    }

    #[test]
    fn never_replaced_where_it_is_needed() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(MASTER_KEY);
        let failure = master_key(&path, 2).err().unwrap();
        assert!(failure.contains("is gone, and 2 keys"), "{failure}");
        assert!(!path.exists());
        fs::write(&path, "damaged").unwrap();
        let failure = master_key(&path, 0).err().unwrap();
        assert!(failure.contains("64 hexadecimal digits"), "{failure}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "damaged");
    }
}
