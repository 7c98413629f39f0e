use serde_json::Value;

use super::*;
use crate::hypervisor::qmp::fake::Fake;
use crate::hypervisor::{Chap, Format, Iscsi, Place};

/// A QEMU without anything in it that refuses the commands in `refuses`.
fn empty(refuses: &'static [&'static str]) -> Fake {
    Fake::serve(move |end| {
        end.greet();
        while let Some(order) = end.hear() {
            let command = order["execute"].as_str().unwrap();
            if refuses.contains(&command) {
                let error = json!({"class": "GenericError", "desc": "not today"});
                end.say(&json!({"error": error, "id": order["id"]}).to_string());
                continue;
            }
            let answer =
                if command.starts_with("qu") || command == "qom-list" { json!([]) } else { json!({}) };
            end.answer(&order, &answer);
        }
    })
}

fn iscsi() -> Disk {
    let password = Passphrase::new(b"s3cr3t".to_vec());
    let chap = Some(Chap { user: "u".to_owned(), password });
    let (portal, iqn) = ("192.0.2.1:3260".to_owned(), "iqn.x".to_owned());
    Disk::new(Place::Iscsi(Iscsi { portal, iqn, lun: 1, chap, initiator: None }), Format::Raw)
}

fn told(mut fake: Fake) -> Vec<(String, Value)> {
    let orders = fake.heard().into_iter();
    orders
        .map(|mut order| (order["execute"].as_str().unwrap().to_owned(), order["arguments"].take()))
        .collect()
}

#[test]
fn a_secret_is_there_for_as_long_as_the_disk_is_opened() {
    let fake = empty(&["device_add"]);
    let options = Options::new(VolumeId::random());
    let refused = Qemu::connect(&fake.socket()).unwrap().ensure_plugged(&iscsi(), &options).unwrap_err();
    assert_eq!(refused.to_string(), format!("qmp:{} refused device_add: not today", fake.socket().display()));
    let told = told(fake);
    let (secret, id) = (format!("besser-secret0-{}", options.volume_id), options.volume_id.to_string());
    let at = |wanted: &str| told.iter().position(|(command, _)| command == wanted).unwrap();
    assert_eq!(
        told[at("object-add")].1,
        json!({"qom-type": "secret", "id": secret, "format": "base64", "data": "czNjcjN0"})
    );
    assert!(at("object-add") < at("blockdev-add") && at("blockdev-add") < at("object-del"));
    assert_eq!(told[at("object-del")].1, json!({"id": secret}));
    let device = &told[at("device_add")].1;
    assert_eq!((&device["id"], &device["serial"]), (&json!(format!("besser-vda-{id}")), &json!(id)));
    assert_eq!((&device["write-cache"], &device["share-rw"]), (&json!("on"), &json!(false)));
    // Looking for what is left comes last.
    assert_eq!(told.last().unwrap(), &("qom-list".to_owned(), json!({"path": "/objects"})));
}

#[test]
fn what_is_not_there_is_unplugged_already() {
    let fake = empty(&[]);
    let mut qemu = Qemu::connect(&fake.socket()).unwrap();
    qemu.ensure_unplugged(VolumeId::random(), Duration::ZERO).unwrap();
    assert!(qemu.list().unwrap().is_empty());
    assert!(matches!(qemu.resize(VolumeId::random(), 1), Err(PlugError::Absent { .. })));
    drop(qemu);
    assert!(told(fake).iter().all(|(command, _)| command.starts_with('q')));
}
