use serde_json::json;

use super::*;

const ID: &str = "6e0bcb1c-8e5c-4a3b-9a4c-1f4c2f0f8f11";

fn read(info: Value) -> Result<Connection, AttachError> {
    let connector = Connector::new(Map::new()).unwrap();
    Connection::read(info.as_object().unwrap(), ID.parse().unwrap(), &connector)
}

#[test]
fn flat_and_nested_mean_the_same() {
    let data = json!({
        "target_portal": "192.0.2.1:3260", "target_iqn": "iqn.2010-10.org.openstack:v", "target_lun": 1,
        "auth_method": "CHAP", "auth_username": "u", "auth_password": "secret12chars", "access_mode": "ro",
    });
    let nested = read(json!({"driver_volume_type": "iscsi", "data": data})).unwrap();
    let mut flat = data.as_object().unwrap().clone();
    flat.insert("driver_volume_type".to_owned(), json!("iscsi"));
    let flat = read(Value::Object(flat)).unwrap();
    let path = IscsiPath {
        portal: "192.0.2.1:3260".to_owned(),
        iqn: "iqn.2010-10.org.openstack:v".to_owned(),
        lun: 1,
    };
    for connection in [nested, flat] {
        assert_eq!(connection.way, Way::Iscsi { paths: vec![path.clone()] });
        assert!(connection.read_only && !connection.encrypted);
        assert_eq!(connection.chap.as_ref().unwrap().user, "u");
        // What is kept of it has no secret.
        let kept = serde_json::to_string(&connection).unwrap();
        assert!(
            !kept.contains("secret12chars") && !format!("{connection:?}").contains("secret12chars"),
            "{kept}"
        );
    }
}

#[test]
fn several_portals_are_several_paths() {
    let info = json!({
        "driver_volume_type": "iscsi",
        "target_portal": "192.0.2.1:3260", "target_iqn": "iqn.a:v", "target_lun": 0,
        "target_portals": ["192.0.2.1:3260", "[2001:db8::1]:3260", "192.0.2.1:3260"],
        "target_iqns": ["iqn.a:v", "iqn.a:v", "iqn.a:v"], "target_luns": [0, 0, 0],
    });
    let Way::Iscsi { paths } = read(info).unwrap().way else { panic!() };
    assert_eq!(paths.len(), 2);
    assert_eq!(split_portal(&paths[1].portal), Some(("2001:db8::1", 3260)));
}

#[test]
fn ports_of_fibre_channel_are_read_however_they_are_written() {
    let info = json!({
        "driver_volume_type": "fibre_channel",
        "data": {"target_wwn": ["50:01:43:80:18:6B:3F:65", "0x5001438018 6b3f67".replace(' ', "")],
                 "target_lun": 300, "addressing_mode": "SAM2"},
    });
    let Way::FibreChannel { paths } = read(info).unwrap().way else { panic!() };
    assert_eq!(paths[0], FcPath { wwpn: "50014380186b3f65".to_owned(), lun: 0x412c });
    assert_eq!(paths[1].wwpn, "50014380186b3f67");
    let one =
        json!({"driver_volume_type": "fibre_channel", "target_wwn": "50014380186b3f65", "target_lun": 3});
    let Way::FibreChannel { paths } = read(one).unwrap().way else { panic!() };
    assert_eq!(paths, [FcPath { wwpn: "50014380186b3f65".to_owned(), lun: 3 }]);
}

#[test]
fn a_logical_volume_is_known_by_its_tag() {
    let info = |tag: &str, volume: &str| {
        json!({
            "driver_volume_type": "local", "device_path": "/dev/san/volume-1", "volume_group": "san",
            "logical_volume": volume, "activation": "exclusive", "activation_tag": tag,
        })
    };
    let Way::LogicalVolume { volume } = read(info("besser.host.a", "volume-1")).unwrap().way else {
        panic!()
    };
    assert_eq!(
        (volume.group.as_str(), volume.name.as_str(), volume.tag.as_str()),
        ("san", "volume-1", "besser.host.a")
    );
    for (tag, volume) in
        [("a\" ] }", "v"), ("", "v"), ("a", "../sda"), ("a", ".."), ("a", "--help"), ("a", "a b")]
    {
        assert!(matches!(read(info(tag, volume)), Err(AttachError::BadConnection(_))), "{tag} {volume}");
    }
}

#[test]
fn hostile_information_is_refused() {
    let iscsi = |key: &str, value: Value| {
        let mut info = json!({
            "driver_volume_type": "iscsi", "target_portal": "192.0.2.1:3260", "target_iqn": "iqn.a:v", "target_lun": 1,
        });
        info[key] = value;
        info
    };
    assert!(read(iscsi("volume_id", json!("x"))).is_ok());
    for (key, value) in [
        ("target_iqn", json!("../../etc")),
        ("target_iqn", json!("iqn.a/../../b")),
        ("target_iqn", json!("--op=delete")),
        ("target_portal", json!("192.0.2.1")),
        ("target_portal", json!("-p:3260")),
        ("target_portal", json!("[1.2.3.4/]:3260")),
        ("target_portal", json!("a b:3260")),
        ("target_portals", json!(vec!["192.0.2.1:3260"; MAX_PATHS + 1])),
        ("target_portals", json!([1])),
        ("target_luns", json!([1, 2])),
        ("target_lun", json!(-1)),
        ("target_lun", json!(0x4000)),
        ("auth_method", json!("PAP")),
        ("auth_method", json!("CHAP")),
        ("driver_volume_type", json!("rumour")),
    ] {
        assert!(read(iscsi(key, value.clone())).is_err(), "{key} {value}");
    }
    for path in ["", "relative", "/a/../b"] {
        let info = json!({"driver_volume_type": "local", "device_path": path});
        assert!(read(info).is_err(), "{path}");
    }
    for wwn in ["", "50014380186b3f6", "50014380186b3f6z"] {
        let info = json!({"driver_volume_type": "fibre_channel", "target_wwn": wwn, "target_lun": 0});
        assert!(read(info).is_err(), "{wwn}");
    }
}
