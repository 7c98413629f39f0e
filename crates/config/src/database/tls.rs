//! The options of a URL that are about TLS.

use std::path::PathBuf;

use super::{DatabaseEngine, UrlError, decoded};

/// How a connection is kept from others' eyes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// It is not.
    Off,
    /// It is where the server offers it, and nothing is checked.
    IfOffered,
    /// It is, or there is no connection.
    On {
        /// A file with the certificates of authorities; none are the usual ones.
        authorities: Option<PathBuf>,
        /// Files with our certificate and its key.
        identity: Option<(PathBuf, PathBuf)>,
        /// What is checked of the server.
        verify: Verify,
    },
}

/// What is checked of a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// Nothing.
    Nothing,
    /// That an authority has signed it.
    Authority,
    /// That, and that it is for the host that was asked for.
    Name,
}

/// The options behind the question mark, without their percent-encoding.
pub(super) fn options(query: &str) -> Result<Vec<(String, String)>, UrlError> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decoded(key)?, decoded(&value.replace('+', " "))?))
        })
        .collect()
}

/// Whether [`read`] looks at it.
pub(super) fn is_option(engine: DatabaseEngine, key: &str) -> bool {
    match engine {
        DatabaseEngine::MariaDb => key.starts_with("ssl"),
        DatabaseEngine::PostgreSql => ["sslmode", "sslrootcert", "sslcert", "sslkey"].contains(&key),
    }
}

/// What the options say.
pub(super) fn read(engine: DatabaseEngine, options: &[(String, String)]) -> Result<Tls, UrlError> {
    let found = |key: &str| options.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    match engine {
        DatabaseEngine::MariaDb => mariadb(options, &found),
        DatabaseEngine::PostgreSql => postgresql(&found),
    }
}

/// As SQLAlchemy and PyMySQL read them: with an authority its certificate and the host's name are checked, without one
/// nothing is; `ssl_check_hostname`, `ssl_verify_cert` and `ssl_verify_identity` say otherwise.
fn mariadb<'o>(
    options: &[(String, String)],
    found: &impl Fn(&str) -> Option<&'o str>,
) -> Result<Tls, UrlError> {
    let flag = |key: &str| found(key).map(|value| truth(key, value)).transpose();
    if let Some(key) =
        ["ssl_capath", "ssl_cipher", "ssl_key_password"].into_iter().find(|key| found(key).is_some())
    {
        return Err(UrlError::Unsupported(key.to_owned()));
    }
    let asks = options.iter().any(|(key, _)| key.starts_with("ssl"));
    if !asks || flag("ssl_disabled")? == Some(true) {
        return Ok(Tls::Off);
    }
    let authorities = found("ssl_ca").filter(|path| !path.is_empty()).map(PathBuf::from);
    let checks_authority = flag("ssl_verify_cert")?.unwrap_or(authorities.is_some());
    let checks_name = match (flag("ssl_verify_identity")?, flag("ssl_check_hostname")?) {
        (Some(checks), _) | (None, Some(checks)) => checks,
        (None, None) => checks_authority,
    };
    let verify = match (checks_authority, checks_name) {
        (_, true) => Verify::Name,
        (true, false) => Verify::Authority,
        (false, false) => Verify::Nothing,
    };
    Ok(Tls::On { authorities, identity: identity(found, "ssl_cert", "ssl_key")?, verify })
}

/// As libpq reads them, but that an authority has to be named for `require` to check it, and that the usual authorities
/// are those that the program knows.
fn postgresql<'o>(found: &impl Fn(&str) -> Option<&'o str>) -> Result<Tls, UrlError> {
    let authorities = found("sslrootcert").filter(|path| !path.is_empty()).map(PathBuf::from);
    let verify = match found("sslmode") {
        Some("disable" | "allow") => return Ok(Tls::Off),
        None if authorities.is_none() => return Ok(Tls::IfOffered),
        Some("prefer") => return Ok(Tls::IfOffered),
        Some("require") | None if authorities.is_some() => Verify::Authority,
        Some("require") | None => Verify::Nothing,
        Some("verify-ca") => Verify::Authority,
        Some("verify-full") => Verify::Name,
        Some(_) => return Err(UrlError::BadOption("sslmode".to_owned())),
    };
    Ok(Tls::On { authorities, identity: identity(found, "sslcert", "sslkey")?, verify })
}

fn identity<'o>(
    found: &impl Fn(&str) -> Option<&'o str>,
    certificate: &str,
    key: &str,
) -> Result<Option<(PathBuf, PathBuf)>, UrlError> {
    match (found(certificate), found(key)) {
        (Some(certificate), Some(key)) => Ok(Some((PathBuf::from(certificate), PathBuf::from(key)))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(UrlError::BadOption(key.to_owned())),
        (None, Some(_)) => Err(UrlError::BadOption(certificate.to_owned())),
    }
}

fn truth(key: &str, value: &str) -> Result<bool, UrlError> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(UrlError::BadOption(key.to_owned())),
    }
}
