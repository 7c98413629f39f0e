//! What a first start makes, and what it says.

use std::net::{IpAddr, SocketAddr};

use model::{Metadata, VolumeType, VolumeTypeId};
use store::{Store, StoreError};

use super::{Role, clouds};
use crate::cli::{self, Failure};
use crate::data_dir::DataDir;

/// Where the APIs are.
pub(super) struct Addresses {
    pub(super) identity: SocketAddr,
    pub(super) volume: SocketAddr,
    pub(super) image: SocketAddr,
}

impl Addresses {
    /// The URL of a port for clients on this machine and others: what cannot be connected to is named by the
    /// loopback address.
    pub(super) fn url(address: SocketAddr) -> String {
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(ip, address.port()))
    }
}

/// Makes the volume type that every volume has when nobody names one. One that the configuration names is somebody's to
/// make.
pub(super) async fn ensure_default_type(store: &Store, name: &str) -> Result<(), Failure> {
    let name = name.to_owned();
    let made = store.write(move |conn| {
        if store::volume_types::by_name(conn, &name)?.is_some() {
            return Ok(());
        }
        if name != model::volume_type::DEFAULT_TYPE_NAME {
            tracing::warn!("default_volume_type: there is no volume type {name}");
            return Ok(());
        }
        let default = VolumeType {
            id: VolumeTypeId::random(),
            name,
            description: Some("Default Volume Type".to_owned()),
            is_public: true,
            projects: Vec::new(),
            extra_specs: Metadata::default(),
            qos_specs_id: None,
            is_encrypted: false,
            created_at: conn.now(),
            updated_at: None,
        };
        store::volume_types::insert(conn, &default)
    });
    made.await.map_err(|error: StoreError| error.chain())
}

/// Says what is served where, and what to type next.
pub(super) fn greet(data_dir: &DataDir, addresses: &Addresses, roles: &[Role], keystone: Option<&str>) {
    let mut lines = vec!["besser is ready".to_owned()];
    let apis = [(Role::Identity, "identity", addresses.identity), (Role::Api, "volumes ", addresses.volume)];
    for (_, name, address) in apis.iter().filter(|(role, ..)| roles.contains(role)) {
        lines.push(format!("  {name}  {}/v3", Addresses::url(*address)));
    }
    if roles.contains(&Role::Image) {
        lines.push(format!("  images    {}/v2", Addresses::url(addresses.image)));
    }
    if let Some(url) = keystone {
        lines.push(format!("tokens are those of the Keystone at {url}"));
    } else if roles.contains(&Role::Api) {
        lines.extend([
            "try:".to_owned(),
            format!(
                "  export OS_CLIENT_CONFIG_FILE={} OS_CLOUD=besser",
                data_dir.join(clouds::FILE).display()
            ),
            "  openstack volume create --size 1 disk1".to_owned(),
            "  openstack volume list".to_owned(),
        ]);
    }
    if let Err(error) = cli::say(&lines) {
        tracing::warn!(error, "cannot greet");
    }
}
