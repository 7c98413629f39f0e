//! The driver `local` where a target offers its files, read as another machine reads them.

use backends::target::Offering;
use backends::volume::local::{LocalFileDriver, LocalOptions};
use model::{Connector, VolumeId};
use ports::volume::there::ByQemu;
use ports::volume::{Access, Initiator, ProviderAuth, There, VolumeRef};
use ports::{DriverError, Exec, VolumeDriver, Work};
use serde_json::json;

use crate::promises::Subject;
use crate::skip::skip;
use crate::tgt::tgtd;

const READER: &str = "iqn.2010-10.org.openstack:reader";

fn opened(there: &There, secret: &str) -> Result<Vec<u8>, DriverError> {
    let auth = ProviderAuth::of_chap("reader", secret);
    let disk = ByQemu(Exec::direct()).open("the volume", there, &auth)?;
    let mut found = vec![0; 4096];
    disk.read_at(&mut found, 8192).map(|()| found).map_err(DriverError::io("reading"))
}

#[test]
fn files_are_read_on_another_machine_by_who_knows_the_secret() {
    let test = "files_are_read_on_another_machine_by_who_knows_the_secret";
    let Some(tgtd) = tgtd(test) else { return };
    if !std::path::Path::new("/usr/lib/x86_64-linux-gnu/qemu/block-iscsi.so").exists() {
        return skip(test, "QEMU has no initiator here");
    }
    let directory = tempfile::tempdir().unwrap();
    let driver = LocalFileDriver::new(LocalOptions::new(directory.path().to_owned()), Exec::direct());
    let driver = driver.offered(Offering::new(tgtd.next_process(), tgtd.options()));
    driver.check().unwrap();
    let auth = ProviderAuth::of_chap("reader", "secretsecret1234");
    let volume = VolumeRef { provider_auth: Some(auth.clone()), ..VolumeRef::new(VolumeId::random(), 1) };
    driver.ensure_volume(&Work::new(), &volume, None).unwrap();
    driver.open_volume(&volume, Access::Write).unwrap().write_at(&[7; 4096], 8192).unwrap();

    let connector = Connector::new(json!({"initiator": READER}).as_object().unwrap().clone()).unwrap();
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
