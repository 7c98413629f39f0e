//! What tempest and the service are told about each other.

use std::net::SocketAddr;
use std::path::Path;

use blackbox::Cloud;

use super::pages::{QCOW2_IMAGE, RAW_IMAGE};

/// The names of the backends, in the order in which they are enabled.
const NAMES: [&str; 2] = ["one", "two"];

/// The names of `count` backends.
pub(super) fn names(count: u8) -> &'static [&'static str] {
    &NAMES[..usize::from(count).min(NAMES.len())]
}

/// A `cinder.conf` with backends of local files below `home`: raw ones where there are several, so that volumes can have
/// several attachments; qcow2 where there is one.
pub(super) fn cinder_conf(home: &Path, names: &[&str]) -> String {
    let mut text = format!("[DEFAULT]\nenabled_backends = {}\n", names.join(","));
    let image_format = if names.len() > 1 { "raw" } else { "qcow2" };
    for name in names {
        let mount_point = home.join("backends").join(name);
        text.push_str(&format!(
            "[{name}]\nvolume_driver = cinder.volume.drivers.local.LocalFileDriver\n\
             volume_backend_name = {name}\nimage_format = {image_format}\nmount_point = {}\n",
            mount_point.display()
        ));
    }
    text
}

/// A `glance-api.conf` with every import, a cache, and what `web` serves. Where there are several backends, images have
/// several stores, of which the heavier one comes first in the alphabet too: tempest expects both orders. The one for what
/// is on the web is called as tempest calls it. Where there is one backend, images need not be what they are said to be.
pub(super) fn glance_conf(home: &Path, count: u8, web: SocketAddr) -> String {
    let stores = if count > 1 {
        "enabled_backends = first:file,second:file,web:http\n\
         [glance_store]\ndefault_backend = first\n\
         [first]\nweight = 200\n[second]\nweight = 100\n"
    } else {
        "[image_format]\nrequire_image_format_match = false\n"
    };
    format!(
        "[DEFAULT]\nenabled_import_methods = glance-direct,web-download,copy-image,glance-download\n\
         image_cache_dir = {}\nshow_multiple_locations = true\n{stores}\
         [import_filtering_opts]\nallowed_hosts = {}\nallowed_ports =\n",
        home.join("image-cache").display(),
        web.ip()
    )
}

/// What tempest is to use of what the world has.
pub(super) struct Named<'a> {
    /// The volume type of volumes with several attachments.
    pub(super) multiattach_type: &'a str,
    /// The image that volumes are made from.
    pub(super) image: &'a str,
    /// Who serves images.
    pub(super) web: SocketAddr,
}

/// A `tempest.conf` in which everything is switched on that this service has.
pub(super) fn tempest_conf(home: &Path, admin: &Cloud, backends: &[&str], named: &Named<'_>) -> String {
    let home = home.display();
    let Named { multiattach_type, image, web } = named;
    let Cloud { auth_url, username, password, project_name, domain_name, region_name } = admin;
    let names = backends.join(",");
    let several = backends.len() > 1;
    format!(
        "[DEFAULT]
log_dir = {home}
log_file = tempest.log
use_stderr = false
[oslo_concurrency]
lock_path = {home}/lock
[auth]
use_dynamic_credentials = true
create_isolated_networks = false
admin_username = {username}
admin_password = {password}
admin_project_name = {project_name}
admin_domain_name = {domain_name}
tempest_roles = member
[identity]
uri_v3 = {auth_url}
auth_version = v3
region = {region_name}
[service_available]
cinder = true
glance = true
neutron = true
nova = false
swift = false
[compute]
image_ref = {image}
image_ref_alt = {image}
[compute-feature-enabled]
volume_multiattach = {several}
[volume]
storage_protocol = file
vendor_name = Open Source
backend_names = {names}
volume_type_multiattach = {multiattach_type}
backup_driver = posix
manage_snapshot_ref = source-name,snapshot-%s
build_timeout = 60
min_microversion = 3.0
max_microversion = 3.71
[volume-feature-enabled]
multi_backend = {several}
backup = true
manage_volume = true
manage_snapshot = true
extend_attached_volume = true
extend_attached_encrypted_volume = true
[image]
build_timeout = 60
image_caching_enabled = true
disk_formats = raw,qcow2,ami,ari,aki,vhd,vmdk,vdi,iso,vhdx
http_image = http://{web}/{RAW_IMAGE}
http_qcow2_image = http://{web}/{QCOW2_IMAGE}
[image-feature-enabled]
import_image = true
image_format_enforcement = {several}
manage_locations = {several}
http_store_enabled = {several}
store_weight_enabled = {several}
"
    )
}
