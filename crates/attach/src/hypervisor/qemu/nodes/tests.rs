use model::VolumeId;

use super::*;
use crate::hypervisor::{Aio, Cache, Chap, Limits, Passphrase};

fn options() -> Options {
    Options::new(VolumeId::from_uuid(uuid::Uuid::from_u128(0x1234_5678_9abc_def0_1234_5678_9abc_def0)))
}

fn tree(disk: &Disk, options: &Options) -> Value {
    let mut trees = Nodes::of(disk, options).trees();
    assert_eq!(trees.len(), 1);
    trees.remove(0)
}

const NODE: &str = "123456789abcdef0123456789a";

#[test]
fn a_chain_is_made_from_below_and_ends() {
    let image = |name: &str, format| Image { place: Place::File(name.into()), format };
    let disk = Disk {
        image: image("/v/top", Format::Qcow2),
        backing: vec![image("/v/mid", Format::Qcow2), image("/v/base", Format::Raw)],
        passphrase: None,
    };
    let trees = Nodes::of(&disk, &options()).trees();
    let layers: Vec<&Value> = trees.iter().rev().collect();
    for (number, (layer, name)) in layers.iter().zip(["/v/top", "/v/mid", "/v/base"]).enumerate() {
        assert_eq!(layer["node-name"], format!("bsr{number}-{NODE}"));
        assert_eq!(layer["file"]["filename"], name);
        assert_eq!(
            (&layer["read-only"], &layer["file"]["read-only"]),
            (&json!(number > 0), &json!(number > 0))
        );
        assert_eq!(layer["file"]["aio"], "native");
        assert_eq!(layer["cache"], json!({"direct": true, "no-flush": false}));
    }
    let lies_on = [&layers[0]["backing"], &layers[1]["backing"]];
    assert_eq!(lies_on, [1, 2].map(|below| json!(format!("bsr{below}-{NODE}"))).each_ref());
    assert!(layers.len() == 3 && layers[2].get("backing").is_none());
    let alone = Disk::new(Place::Block("/dev/x".into()), Format::Qcow2);
    let alone = tree(&alone, &Options { aio: Aio::Native, cache: Cache::WriteBack, ..options() });
    assert_eq!(alone["backing"], Value::Null);
    assert!(alone.as_object().unwrap().contains_key("backing"));
    assert_eq!((&alone["file"]["driver"], &alone["file"]["aio"]), (&json!("host_device"), &json!("threads")));
}

#[test]
fn secrets_are_spoken_of_by_name_only() {
    let secret = |text: &str| Passphrase::new(text.as_bytes().to_vec());
    let chap = Some(Chap { user: "u".to_owned(), password: secret("chap-password") });
    let iscsi = Iscsi {
        portal: "[::1]:3260".to_owned(),
        iqn: "iqn.x".to_owned(),
        lun: 3,
        chap,
        initiator: Some("iqn.host".to_owned()),
    };
    let specs = json!({"total_iops_sec": "7"});
    let options = Options { limits: Limits::of_specs(specs.as_object().unwrap()).unwrap(), ..options() };
    let disk =
        Disk { passphrase: Some(secret("luks-passphrase")), ..Disk::new(Place::Iscsi(iscsi), Format::Raw) };
    let nodes = Nodes::of(&disk, &options);
    let tree = tree(&disk, &options);
    assert_eq!((&tree["driver"], &tree["file"]["driver"]), (&json!("throttle"), &json!("luks")));
    assert_eq!(tree["node-name"], top(Names(options.volume_id), &options, true));
    let place = &tree["file"]["file"]["file"];
    assert_eq!((&place["driver"], &place["lun"], &place["user"]), (&json!("iscsi"), &json!(3), &json!("u")));
    assert_eq!(place["initiator-name"], "iqn.host");
    let names: Vec<String> = nodes.secrets().into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        [&place["password-secret"], &tree["file"]["key-secret"]],
        [&names[0], &names[1]].map(|name| json!(name)).each_ref()
    );
    assert!(!tree.to_string().contains("chap-password") && !tree.to_string().contains("luks-passphrase"));
}

#[test]
fn clusters_shares_and_servers_are_named() {
    let rbd = Rbd {
        pool: "p".to_owned(),
        image: "i".to_owned(),
        monitors: vec![("[::1]".to_owned(), "6789".to_owned())],
        user: Some("cinder".to_owned()),
        key: Some(Passphrase::new(b"QUJD".to_vec())),
        libvirt_secret: None,
        configuration: Some("/etc/ceph/ceph.conf".into()),
    };
    let unnamed = Rbd { monitors: Vec::new(), user: None, key: None, configuration: None, ..rbd.clone() };
    let file = |place: Place| {
        let mut file = tree(&Disk::new(place, Format::Raw), &options())["file"].take();
        let file = file.as_object_mut().unwrap();
        for key in ["read-only", "discard", "cache"] {
            assert!(file.remove(key).is_some());
        }
        Value::Object(file.clone())
    };
    let secret = format!("besser-secret0-{}", options().volume_id);
    assert_eq!(
        file(Place::Rbd(rbd)),
        json!({
            "driver": "rbd", "pool": "p", "image": "i", "server": [{"host": "::1", "port": "6789"}], "user": "cinder",
            "conf": "/etc/ceph/ceph.conf", "key-secret": secret, "auth-client-required": ["cephx"],
        })
    );
    assert_eq!(file(Place::Rbd(unnamed)), json!({"driver": "rbd", "pool": "p", "image": "i"}));
    assert_eq!(
        file(Place::Nfs { host: "h".to_owned(), path: "/e/v".to_owned() }),
        json!({"driver": "nfs", "server": {"type": "inet", "host": "h"}, "path": "/e/v"})
    );
    let gluster = Place::Gluster { host: "h".to_owned(), volume: "gv".to_owned(), path: "v".to_owned() };
    assert_eq!(
        file(gluster),
        json!({
            "driver": "gluster", "volume": "gv", "path": "v",
            "server": [{"type": "inet", "host": "h", "port": "24007"}],
        })
    );
    let nbd = |server| Place::Nbd(Nbd { server, export: "e".to_owned() });
    let tcp = file(nbd(NbdServer::Tcp { host: "h".to_owned(), port: 10809 }));
    assert_eq!(tcp["server"], json!({"type": "inet", "host": "h", "port": "10809"}));
    assert_eq!(file(nbd(NbdServer::Unix("/s".into())))["server"], json!({"type": "unix", "path": "/s"}));
}
