use super::*;

use serde_json::Value;

/// A host with these files.
fn host(files: &[(&str, &str)]) -> (tempfile::TempDir, Host) {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let host = Host::at(root.path());
    (root, host)
}

#[test]
fn a_host_with_everything_says_everything() {
    let (_root, host) = host(&[
        ("etc/iscsi/initiatorname.iscsi", "# made by hand\nInitiatorName=iqn.1994-05.org.example:host\n"),
        ("etc/nvme/hostnqn", "nqn.2014-08.org.nvmexpress:uuid:1\n"),
        ("etc/nvme/hostid", "6f5c\n"),
        ("sys/module/nvme_core/parameters/multipath", "Y\n"),
        ("sys/class/dmi/id/product_uuid", "AB-CD\n"),
        ("sys/class/fc_host/host3/port_name", "0x50014380186b3f65\n"),
        ("sys/class/fc_host/host3/node_name", "0x50014380186b3f64\n"),
        ("sys/class/fc_host/host3/port_state", "Online\n"),
        ("sys/class/fc_host/host4/port_name", "0x50014380186b3f67\n"),
        ("sys/class/fc_host/host4/node_name", "0x50014380186b3f66\n"),
        ("sys/class/fc_host/host4/port_state", "Linkdown\n"),
    ]);
    let wishes = Wishes {
        multipath: true,
        host: Some("c1".to_owned()),
        ip: Some([192, 0, 2, 7].into()),
        ..Wishes::default()
    };
    let connector = host.connector(&wishes).unwrap();
    let expected = json!({
        "platform": rustix::system::uname().machine().to_str().unwrap(),
        "os_type": "linux",
        "ip": "192.0.2.7",
        "host": "c1",
        "multipath": true,
        "enforce_multipath": false,
        "do_local_attach": false,
        "initiator": "iqn.1994-05.org.example:host",
        "wwpns": ["50014380186b3f65"],
        "wwnns": ["50014380186b3f64"],
        "nqn": "nqn.2014-08.org.nvmexpress:uuid:1",
        "nvme_hostid": "6f5c",
        "nvme_native_multipath": true,
        "system uuid": "ab-cd",
    });
    assert_eq!(Value::Object(connector.as_map().clone()), expected);
}

#[test]
fn what_a_host_has_not_it_does_not_say() {
    let (_root, host) = host(&[("etc/iscsi/initiatorname.iscsi", "GenerateName=yes\n")]);
    let connector = host.connector(&Wishes::default()).unwrap();
    for key in ["initiator", "wwpns", "wwnns", "nqn", "nvme_hostid", "system uuid"] {
        assert_eq!(connector.as_map().get(key), None, "{key}");
    }
    assert!(connector.host().is_some());
}
