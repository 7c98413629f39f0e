//! Certificates for a private server: an authority, the server's own for the name `localhost`, and an authority that nobody asked.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use super::NOBODY;
use crate::commands::output_of;
use crate::packages::is_root;

/// A new key on the curve that everybody knows, open to whoever has the file.
const NEW_KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/// Makes them in `directory`: `ca.pem`, `other-ca.pem`, `server.pem` and `server.key`.
pub(super) fn make(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let openssl = |arguments: &[&str]| {
        output_of(Command::new("openssl").args(arguments).current_dir(directory)).map(drop)
    };
    for name in ["ca", "other-ca"] {
        let (subject, key, certificate) =
            (format!("/CN={name}"), format!("{name}.key"), format!("{name}.pem"));
        let own = ["req", "-x509", "-days", "2", "-subj", &subject, "-keyout", &key, "-out", &certificate];
        openssl(&[&own[..], &NEW_KEY].concat())?;
    }
    let request = ["req", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"];
    openssl(&[&request[..], &NEW_KEY].concat())?;
    fs::write(directory.join("server.ext"), "subjectAltName = DNS:localhost\n")?;
    openssl(&[
        "x509",
        "-req",
        "-days",
        "2",
        "-in",
        "server.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-extfile",
        "server.ext",
        "-out",
        "server.pem",
    ])?;
    let key = directory.join("server.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
    if is_root() { chown(key, Some(NOBODY), Some(NOBODY)) } else { Ok(()) }
}
