//! What a first start makes, and what it says.

use std::net::{IpAddr, SocketAddr};

use model::{Metadata, VolumeType, VolumeTypeId};
use store::{Store, StoreError};

use super::clouds;
use crate::cli::Failure;
use crate::data_dir::DataDir;

/// Where the APIs are.
pub(super) struct Addresses {
    pub(super) identity: SocketAddr,
    pub(super) volume: SocketAddr,
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

/// Makes the volume type that every volume has when nobody names one.
pub(super) async fn ensure_default_type(store: &Store, name: &str) -> Result<(), Failure> {
    let name = name.to_owned();
    let made = store.write(move |conn| {
        if store::volume_types::by_name(conn, &name)?.is_some()
            || name != model::volume_type::DEFAULT_TYPE_NAME
        {
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
            created_at: conn.now(),
            updated_at: None,
        };
        store::volume_types::insert(conn, &default)
    });
    made.await.map_err(|error: StoreError| error.chain())
}

/// Says what to type next.
pub(super) fn greet(data_dir: &DataDir, addresses: &Addresses) {
    let file = data_dir.join(clouds::FILE);
    println!("besser is ready");
    println!("  identity  {}/v3", Addresses::url(addresses.identity));
    println!("  volumes   {}/v3", Addresses::url(addresses.volume));
    println!("try:");
    println!("  export OS_CLIENT_CONFIG_FILE={} OS_CLOUD=besser", file.display());
    println!("  openstack volume create --size 1 disk1");
    println!("  openstack volume list");
}
