use serde_json::json;

use super::*;

fn disk(info: Value) -> Result<Disk, PlugError> {
    Disk::of_connection(info.as_object().unwrap(), Some("iqn.1993-08.org.debian:01:host"), None)
}

fn place(info: Value) -> Place {
    disk(info).unwrap().image.place
}

#[test]
fn both_shapes_say_the_same() {
    let data = json!({
        "target_discovered": false, "target_portal": "192.0.2.1:3260", "target_iqn": "iqn.2010-10.org.openstack:v",
        "target_lun": 1, "auth_method": "CHAP", "auth_username": "user", "auth_password": "s3cr3t",
        "encrypted": false, "qos_specs": null,
    });
    let mut flat = data.clone();
    flat["driver_volume_type"] = json!("iscsi");
    let (flat, nested) = (place(flat), place(json!({"driver_volume_type": "iscsi", "data": data})));
    assert_eq!(flat, nested);
    let Place::Iscsi(iscsi) = &flat else { panic!("{flat:?}") };
    assert_eq!((iscsi.portal.as_str(), iscsi.lun), ("192.0.2.1:3260", 1));
    assert_eq!(iscsi.initiator.as_deref(), Some("iqn.1993-08.org.debian:01:host"));
    assert_eq!(iscsi.chap.as_ref().unwrap().password.expose(), b"s3cr3t");
    assert!(!format!("{flat:?}").contains("s3cr3t"));
}

#[test]
fn clusters_and_shares_are_understood() {
    let Place::Rbd(rbd) = place(json!({"driver_volume_type": "rbd", "data": {
        "name": "volumes/volume-1", "hosts": ["192.0.2.1", "[2001:db8::1]"], "ports": ["6789", "3300"],
        "auth_username": "cinder", "secret_uuid": "s", "keyring": "[client.cinder]\n\tkey = QUJD==\n",
    }})) else {
        panic!()
    };
    assert_eq!((rbd.pool.as_str(), rbd.image.as_str()), ("volumes", "volume-1"));
    assert_eq!(rbd.monitors[1], ("[2001:db8::1]".to_owned(), "3300".to_owned()));
    assert_eq!(rbd.key.unwrap().expose(), b"QUJD==");

    let share = |kind: &str| {
        json!({"driver_volume_type": kind, "data": {
            "export": "192.0.2.1:/exports/a", "name": "volume-1.snap", "format": "qcow2",
            "backing": [{"name": "volume-1", "format": "raw"}],
        }, "mount_point_base": "/mnt"})
    };
    let disk = disk(share("nfs")).unwrap();
    let nfs = |path: &str| Place::Nfs { host: "192.0.2.1".to_owned(), path: path.to_owned() };
    assert_eq!(disk.image, Image { place: nfs("/exports/a/volume-1.snap"), format: Format::Qcow2 });
    assert_eq!(disk.backing, [Image { place: nfs("/exports/a/volume-1"), format: Format::Raw }]);
    assert_eq!(
        place(share("glusterfs")),
        Place::Gluster {
            host: "192.0.2.1".to_owned(),
            volume: "exports/a".to_owned(),
            path: "volume-1.snap".to_owned()
        }
    );
    let nbd = place(json!({"driver_volume_type": "nbd", "host": "::1", "port": 10809, "name": "v"}));
    assert!(matches!(&nbd, Place::Nbd(nbd) if nbd.export == "v"), "{nbd:?}");
}

#[test]
fn a_path_is_what_it_is() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let local = |path: &str| json!({"driver_volume_type": "local", "device_path": path, "format": "qcow2"});
    let disk = disk(local(file.path().to_str().unwrap())).unwrap();
    assert_eq!(disk.image, Image { place: Place::File(file.path().to_owned()), format: Format::Qcow2 });
    for path in ["/dev/null", "/nonexistent", "relative", "", "/tmp"] {
        assert!(matches!(super::tests::disk(local(path)), Err(PlugError::Connection(_))), "{path}");
    }
}

#[test]
fn what_cannot_be_used_is_refused() {
    for kind in ["fibre_channel", "nvmeof", "iser", "lightos"] {
        let refused = disk(json!({"driver_volume_type": kind, "data": {}}));
        assert!(matches!(refused, Err(PlugError::NeedsHost(named)) if named == kind));
    }
    let iscsi = json!({"driver_volume_type": "iscsi", "target_portal": "a:1", "target_iqn": "iqn.x", "target_lun": 0});
    assert!(disk(iscsi.clone()).is_ok());
    let nfs = json!({"driver_volume_type": "nfs", "export": "h:/e", "name": "v"});
    assert!(disk(nfs.clone()).is_ok());
    let rbd = json!({"driver_volume_type": "rbd", "name": "p/i"});
    assert!(disk(rbd.clone()).is_ok());
    for (base, key, value) in [
        (&iscsi, "driver_volume_type", json!(null)),
        (&iscsi, "target_lun", json!("zero")),
        (&iscsi, "target_iqn", json!("a\u{0}b")),
        (&iscsi, "target_portal", json!("x".repeat(5000))),
        (&iscsi, "auth_method", json!("CHAP")),
        (&iscsi, "auth_method", json!("KRB5")),
        (&iscsi, "encrypted", json!(true)),
        (&iscsi, "backing", json!([{"name": "x"}])),
        (&nfs, "name", json!("../v")),
        (&nfs, "export", json!("nowhere")),
        (&nfs, "format", json!("vmdk")),
        (&nfs, "backing", json!("volume")),
        (&nfs, "backing", json!(vec![json!({"name": "v"}); MAX_LAYERS])),
        (&nfs, "backing", json!([{"name": "/etc/passwd"}])),
        (&rbd, "name", json!("image")),
        (&rbd, "hosts", json!(["a\nb"])),
    ] {
        let mut info = base.clone();
        info[key] = value;
        assert!(matches!(disk(info.clone()), Err(PlugError::Connection(_))), "{info}");
    }
    let passphrase = Some(Passphrase::new(b"x".to_vec()));
    let refused = Disk::of_connection(iscsi.as_object().unwrap(), None, passphrase);
    assert!(matches!(refused, Err(PlugError::Connection(_))));
}
