//! The driver `local` where a target offers its files, read as another machine reads them.

use std::path::Path;

use backends::target::Offering;
use backends::volume::local::{ImageFormat, LocalFileDriver, LocalOptions};
use model::{Connector, VolumeId};
use ports::volume::there::ByQemu;
use ports::volume::{Access, Initiator, ProviderAuth, There, VolumeRef};
use ports::{DriverError, Exec, VolumeDriver, Work};
use serde_json::json;

use crate::promises::Subject;
use crate::tgt::tgtd;

const READER: &str = "iqn.2010-10.org.openstack:reader";

fn opened(there: &There, secret: &str) -> Result<Vec<u8>, DriverError> {
    let auth = ProviderAuth::of_chap("reader", secret);
    let disk = ByQemu(Exec::direct()).open("the volume", there, &auth)?;
    let mut found = vec![0; 4096];
    disk.read_at(&mut found, 8192).map(|()| found).map_err(DriverError::io("reading"))
}

/// Whether QEMU can read what a target offers; says that the test is skipped where not.
fn has_initiator() -> bool {
    let has = Path::new("/usr/lib/x86_64-linux-gnu/qemu/block-iscsi.so").exists();
    if !has {
        skips::report("QEMU has no initiator here");
    }
    has
}

fn connector_of(initiator: &str) -> Connector {
    Connector::new(json!({"host": "h", "initiator": initiator}).as_object().unwrap().clone()).unwrap()
}

#[test]
fn files_are_read_on_another_machine_by_who_knows_the_secret() {
    let Some(tgtd) = tgtd() else { return };
    if !has_initiator() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let driver = LocalFileDriver::new(LocalOptions::new(directory.path().to_owned()), Exec::direct());
    let driver = driver.offered(Offering::new(tgtd.next_process(), tgtd.options()));
    driver.check().unwrap();
    let auth = ProviderAuth::of_chap("reader", "secretsecret1234");
    let volume = VolumeRef { provider_auth: Some(auth.clone()), ..VolumeRef::new(VolumeId::random(), 1) };
    driver.ensure_volume(&Work::new(), &volume, None).unwrap();
    driver.open_volume(&volume, Access::Write).unwrap().write_at(&[7; 4096], 8192).unwrap();

    let connector = connector_of(READER);
    let connection = driver.connect(&Work::new(), &volume, &connector, Access::Read).unwrap();
    let there = There::of(&connection, READER, &auth).unwrap();
    assert_eq!(opened(&there, "secretsecret1234").unwrap(), [7; 4096]);
    assert!(opened(&there, "anothersecret123").is_err(), "the secret is asked for");
    let stranger = There { initiator: format!("{READER}-2"), ..there.clone() };
    assert!(opened(&stranger, "secretsecret1234").is_err(), "the name is asked for");

    driver.disconnect(&Work::new(), &volume, Some(&connector)).unwrap();
    assert!(opened(&there, "secretsecret1234").is_err(), "it has left");
    driver.remove_volume(&Work::new(), &volume).unwrap();
    assert_eq!(tgtd.target().list("").unwrap(), [] as [String; 0]);
}

/// The names of the files in `directory`.
fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_in_qemus_format_is_read_there_as_a_raw_copy_while_it_is_offered() {
    let Some(tgtd) = tgtd() else { return };
    if !has_initiator() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let options =
        LocalOptions { image_format: ImageFormat::Qcow2, ..LocalOptions::new(directory.path().to_owned()) };
    let driver = LocalFileDriver::new(options, Exec::direct());
    let driver = driver.offered(Offering::new(tgtd.next_process(), tgtd.options()));
    driver.check().unwrap();
    let capabilities = driver.capabilities();
    assert_eq!((capabilities.storage_protocol, capabilities.offers_volumes), ("file", true));
    let (work, auth) = (Work::new(), ProviderAuth::of_chap("reader", "secretsecret1234"));
    let volume = VolumeRef { provider_auth: Some(auth.clone()), ..VolumeRef::new(VolumeId::random(), 1) };
    driver.ensure_volume(&work, &volume, None).unwrap();
    let write = |byte: u8| {
        driver.open_volume(&volume, Access::Write).unwrap().write_at(&[byte; 4096], 8192).unwrap();
    };
    write(7);
    let alone = names(directory.path());
    assert_eq!(alone, [format!("volume-{}", volume.id)]);

    // A host has the file itself.
    let host = connector_of("iqn.2010-10.org.openstack:host");
    let path = driver.connect(&work, &volume, &host, Access::Write).unwrap();
    assert_eq!((path.driver_volume_type, path.data["format"].as_str()), ("local", Some("qcow2")));
    driver.disconnect(&work, &volume, Some(&host)).unwrap();

    let reader = connector_of(READER);
    let offer = || {
        let connection = driver.offer(&work, &volume, &reader).unwrap();
        There::of(&connection, READER, &auth).unwrap()
    };
    let there = offer();
    assert_eq!(opened(&there, "secretsecret1234").unwrap(), [7; 4096]);
    assert!(opened(&there, "anothersecret123").is_err(), "the secret is asked for");
    assert_eq!(driver.stats().unwrap().pools[0].provisioned_gib, Some(2.0), "the copy takes room");

    // Another offer is of what the volume is then, and a host that leaves takes it from nobody.
    write(8);
    let there = offer();
    driver.disconnect(&work, &volume, Some(&host)).unwrap();
    assert_eq!(opened(&there, "secretsecret1234").unwrap(), [8; 4096]);

    // What a service that starts again sweeps away is read to the end all the same.
    assert_eq!(driver.sweep().unwrap(), 1);
    assert_eq!(opened(&there, "secretsecret1234").unwrap(), [8; 4096]);

    let there = offer();
    for who in [Some(&reader), None, None] {
        driver.disconnect(&work, &volume, who).unwrap();
        assert_eq!(names(directory.path()), alone);
    }
    assert!(opened(&there, "secretsecret1234").is_err(), "it has left");
    offer();
    driver.remove_volume(&work, &volume).unwrap();
    assert_eq!(names(directory.path()), [] as [String; 0]);
    assert_eq!(tgtd.target().list("").unwrap(), [] as [String; 0]);
}
