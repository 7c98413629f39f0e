//! What is noted of volumes: a file beside them, so that it outlives a process.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use ports::DriverError;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Something of each volume, by its identifier.
pub(super) type Table<T> = BTreeMap<String, T>;

/// What `file` says; nothing where it is not there.
pub(super) fn read<T: DeserializeOwned>(directory: &Path, file: &str) -> Result<Table<T>, DriverError> {
    match fs::read(directory.join(file)) {
        Ok(text) => serde_json::from_slice(&text)
            .map_err(|error| DriverError::Refused(format!("{file} cannot be read: {error}"))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Table::new()),
        Err(error) => Err(DriverError::io(format!("reading {file}"))(error)),
    }
}

/// Has `file` say this; it goes when there is nothing to say.
pub(super) fn write<T: Serialize>(directory: &Path, file: &str, table: &Table<T>) -> Result<(), DriverError> {
    let (path, new) = (directory.join(file), directory.join(format!("{file}.new")));
    let written = if table.is_empty() {
        fs::remove_file(&path).or_else(|error| match error.kind() {
            ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })
    } else {
        fs::write(&new, serde_json::to_vec(table).unwrap_or_default()).and_then(|()| fs::rename(&new, &path))
    };
    written.map_err(DriverError::io(format!("writing {file}")))
}
