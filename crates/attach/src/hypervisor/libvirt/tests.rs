use serde_json::json;

use super::*;
use crate::hypervisor::{
    Aio, Cache, Chap, Format, Image, Iscsi, Limits, Nbd, NbdServer, Passphrase, Place, Rbd,
};

const VOLUME: &str = "12345678-9abc-4ef0-9234-56789abcdef0";

fn options() -> Options {
    Options::new(VOLUME.parse().unwrap())
}

fn xml(disk: &Disk, options: &Options) -> String {
    disk_xml::write(disk, options, "vdc".parse().unwrap(), "ua-x")
}

fn source(place: Place) -> String {
    let xml = xml(&Disk::new(place, Format::Raw), &options());
    let (start, end) = (xml.find("<source").unwrap(), xml.find("<backingStore").unwrap());
    xml[start..end].to_owned()
}

#[test]
fn a_chain_of_files_in_full() {
    let image = |name: &str, format| Image { place: Place::File(name.into()), format };
    let disk = Disk {
        image: image("/v/a&b'", Format::Qcow2),
        backing: vec![image("/v/base", Format::Raw)],
        passphrase: Some(Passphrase::new(b"s3cr3t".to_vec())),
    };
    let specs = json!({"read_bytes_sec": "7", "total_iops_sec": 9});
    let options = Options {
        read_only: true,
        shared: true,
        limits: Limits::of_specs(specs.as_object().unwrap()).unwrap(),
        ..options()
    };
    let expected = format!(
        "<disk type='file' device='disk'>\
         <driver name='qemu' type='qcow2' cache='none' discard='unmap' io='native'/>\
         <source file='/v/a&amp;b&apos;'><encryption format='luks'>\
         <secret type='passphrase' uuid='12345678-9abc-4ef0-9234-56789abcdef1'/></encryption></source>\
         <backingStore type='file'><format type='raw'/><source file='/v/base'/><backingStore/></backingStore>\
         <target dev='vdc' bus='virtio'/>\
         <iotune><read_bytes_sec>7</read_bytes_sec><total_iops_sec>9</total_iops_sec></iotune>\
         <readonly/><shareable/><serial>{VOLUME}</serial><alias name='ua-x'/></disk>"
    );
    assert_eq!(xml(&disk, &options), expected);
    let plain = Options { cache: Cache::WriteBack, aio: Aio::Native, discard: false, ..self::options() };
    let plain = xml(&Disk::new(Place::Block("/dev/x".into()), Format::Raw), &plain);
    assert!(
        plain.contains("cache='writeback' discard='ignore' io='threads'/><source dev='/dev/x'/>"),
        "{plain}"
    );
}

#[test]
fn sources_of_every_kind() {
    let password = Passphrase::new(b"s3cr3t".to_vec());
    let iscsi = Iscsi {
        portal: "[2001:db8::1]:3261".to_owned(),
        iqn: "iqn.x:v".to_owned(),
        lun: 1,
        chap: Some(Chap { user: "u".to_owned(), password }),
        initiator: Some("iqn.host".to_owned()),
    };
    assert_eq!(
        source(Place::Iscsi(iscsi.clone())),
        format!(
            "<source protocol='iscsi' name='iqn.x:v/1'><host name='2001:db8::1' port='3261'/>\
             <auth username='u'><secret type='iscsi' uuid='{VOLUME}'/></auth>\
             <initiator><iqn name='iqn.host'/></initiator></source>"
        )
    );
    let plain = Iscsi { portal: "192.0.2.1".to_owned(), chap: None, initiator: None, ..iscsi };
    assert!(source(Place::Iscsi(plain)).ends_with("<host name='192.0.2.1' port='3260'/></source>"));
    let rbd = Rbd {
        pool: "p".to_owned(),
        image: "i".to_owned(),
        monitors: vec![("192.0.2.1".to_owned(), "6789".to_owned())],
        user: Some("cinder".to_owned()),
        key: None,
        libvirt_secret: Some("kept".to_owned()),
        configuration: None,
    };
    assert_eq!(
        source(Place::Rbd(rbd)),
        "<source protocol='rbd' name='p/i'><host name='192.0.2.1' port='6789'/>\
         <auth username='cinder'><secret type='ceph' uuid='kept'/></auth></source>"
    );
    let nbd = |server| Place::Nbd(Nbd { server, export: String::new() });
    assert_eq!(
        source(nbd(NbdServer::Unix("/s".into()))),
        "<source protocol='nbd'><host transport='unix' socket='/s'/></source>"
    );
    assert_eq!(
        source(nbd(NbdServer::Tcp { host: "h".to_owned(), port: 1 })),
        "<source protocol='nbd'><host name='h' port='1'/></source>"
    );
    assert_eq!(
        source(Place::Nfs { host: "h".to_owned(), path: "/e/v".to_owned() }),
        "<source protocol='nfs' name='/e/v'><host name='h'/></source>"
    );
    assert_eq!(
        source(Place::Gluster { host: "h".to_owned(), volume: "gv".to_owned(), path: "v".to_owned() }),
        "<source protocol='gluster' name='gv/v'><host name='h' port='24007'/></source>"
    );
}

#[test]
fn disks_are_found_in_a_domain() {
    let xml = "<domain type='qemu' id='1'><devices><disk type='file' device='disk'><target dev='vda' bus='virtio'/>\
        <alias name='virtio-disk0'/></disk><disk type='block' device='disk'><readonly/><target dev='vdb'/>\
        <alias name='ua-besser-vdb-12345678-9abc-4ef0-9234-56789abcdef0'/></disk><disk/></devices></domain>";
    let domain = Domain::parse(xml).unwrap();
    assert_eq!(domain.disks.len(), 3);
    let libvirt = Libvirt::new(Exec::direct(), "web1", super::super::vm::SYSTEM);
    let plugged: Vec<_> = domain.disks.iter().filter_map(|disk| libvirt.plugged(disk)).collect();
    assert_eq!(plugged.len(), 1);
    assert_eq!((plugged[0].volume_id, plugged[0].read_only), (options().volume_id, true));
    assert_eq!(
        (plugged[0].vm.as_str(), plugged[0].device.to_string().as_str()),
        ("libvirt:web1", "/dev/vdb")
    );
    for bad in ["", "<domain>", "<pool/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><domain>&b;</domain>"] {
        assert!(Domain::parse(bad).is_err(), "{bad}");
    }
    let nested = format!("<domain>{}{}</domain>", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let _ = Domain::parse(&nested);
}
