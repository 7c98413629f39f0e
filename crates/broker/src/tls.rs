//! TLS to brokers: the options `ssl_…` of `[oslo_messaging_rabbit]`. The broker's name is always verified.

use std::path::Path;
use std::sync::Arc;

use config::Section;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::BrokerError;

/// Where distributions keep the authorities that they trust; the first that is there is taken.
const SYSTEM_BUNDLES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// A connector that trusts `ssl_ca_file`, or the authorities of the system, and shows `ssl_cert_file` if that is set.
pub(crate) fn connector(section: &Section<'_>) -> Result<TlsConnector, BrokerError> {
    let bundle = match section.nonempty("ssl_ca_file")? {
        Some(path) => path,
        None => {
            let found = SYSTEM_BUNDLES.iter().find(|path| Path::new(path).is_file());
            found.map_or(SYSTEM_BUNDLES[0], |path| *path).to_owned()
        }
    };
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates(&bundle)?);
    if added == 0 {
        return Err(unusable(&bundle, "no authority in it that can be trusted"));
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&bundle, error))?
        .with_root_certificates(roots);
    let config = match (section.nonempty("ssl_cert_file")?, section.nonempty("ssl_key_file")?) {
        (Some(cert), key) => {
            let key = key.unwrap_or_else(|| cert.clone());
            let own = PrivateKeyDer::from_pem_file(&key).map_err(|error| unusable(&key, error))?;
            builder
                .with_client_auth_cert(certificates(&cert)?, own)
                .map_err(|error| unusable(&cert, error))?
        }
        (None, _) => builder.with_no_client_auth(),
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, BrokerError> {
    let read = || CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>();
    read().map_err(|error| unusable(path, error))
}

fn unusable(path: &str, why: impl std::fmt::Display) -> BrokerError {
    BrokerError::Certificates { path: path.to_owned(), why: why.to_string() }
}
