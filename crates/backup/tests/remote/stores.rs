//! What every store has to stand, whichever server is behind it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use backup::{Engine, Format};
use ports::{BackupStore, DriverError};

use crate::ceph::Ceph;
use crate::proxy::{Fault, Proxy};
use crate::rounds::{assert_restores, back_up, content, engine, keeps_and_forgets, objects, open};
use crate::servers::{self, Server};

fn s3(at: SocketAddr) -> Arc<dyn BackupStore> {
    open(&format!(
        "backup_driver = cinder.backup.drivers.s3.S3BackupDriver\nbackup_s3_endpoint_url = http://{at}\n\
         backup_s3_store_access_key = key\nbackup_s3_store_secret_key = secret\nbackup_s3_timeout = 20\n\
         backup_s3_retry_max_attempts = 3"
    ))
}

fn swift(at: SocketAddr) -> Arc<dyn BackupStore> {
    open(&format!(
        "backup_driver = cinder.backup.drivers.swift.SwiftBackupDriver\nbackup_swift_auth = single_user\n\
         backup_swift_auth_url = http://{at}/auth/v1.0\nbackup_swift_user = test:tester\n\
         backup_swift_key = testing\nbackup_swift_retry_attempts = 2\nbackup_swift_retry_backoff = 0"
    ))
}

#[test]
fn s3_stands_everything() {
    stands_everything(servers::moto(), s3);
}

#[test]
fn swift_stands_everything() {
    stands_everything(servers::swift(), swift);
}

#[test]
fn ceph_stands_everything() {
    // A container is a pool: those that the port's suite names, and that of the backups.
    let cluster = match Ceph::start(&["container", "listed", "many", "somewhere", "backups"]) {
        Ok(cluster) => cluster,
        Err(reason) => return skips::report(&reason),
    };
    let store = || {
        open(&format!(
            "backup_driver = cinder.backup.drivers.ceph.CephBackupDriver\nbackup_ceph_conf = {}\n\
             backup_ceph_user = {}",
            cluster.conf().display(),
            crate::ceph::USER
        ))
    };
    ports::backup::conformance::run(&*store());
    keeps_and_forgets(&engine(store(), Format::Packed));
    crate::images::stand_everything(&cluster, store());
}

fn stands_everything(server: Result<Server, String>, store: fn(SocketAddr) -> Arc<dyn BackupStore>) {
    let server = match server {
        Ok(server) => server,
        Err(reason) => return skips::report(&reason),
    };
    ports::backup::conformance::run(&*store(server.at));
    for format in [Format::Packed, Format::Chunked] {
        keeps_and_forgets(&engine(store(server.at), format));
    }
    let proxy = Proxy::before(server.at);
    bears_faults(&proxy, &engine(store(proxy.at), Format::Packed), &PASSING, &LASTING);
    bears_faults(&proxy, &engine(store(proxy.at), Format::Chunked), &PASSING[2..3], &LASTING[2..3]);
}

/// What passes is tried again.
const PASSING: [Fault; 4] =
    [Fault::Status(503), Fault::CutBefore, Fault::CutAfter, Fault::Slow(Duration::from_millis(300))];
/// Whether an error is the right one.
type Telling = fn(&DriverError) -> bool;
/// What does not pass is told, as this.
const LASTING: [(Fault, Telling); 4] = [
    (Fault::Status(503), |error| matches!(error, DriverError::Io { .. })),
    (Fault::CutBefore, |error| matches!(error, DriverError::Io { .. }) && error.may_pass()),
    (Fault::Status(507), |error| matches!(error, DriverError::NoSpace { .. })),
    (Fault::Status(403), |error| matches!(error, DriverError::Refused(_))),
];

fn bears_faults(proxy: &Proxy, engine: &Engine, passing: &[Fault], lasting: &[(Fault, Telling)]) {
    for (number, fault) in passing.iter().enumerate() {
        proxy.spoil(*fault, "PUT", 2);
        let made = back_up(engine, &format!("f{number}"), content(number), None).unwrap();
        assert_eq!(proxy.heal(), 2, "{fault:?}");
        proxy.spoil(*fault, "GET", 2);
        assert_restores(engine, &made);
        assert!(proxy.heal() > 0, "{fault:?}");
        engine.remove(&made.layer.at).unwrap();
    }
    // What was put before it was told goes with the next that is made.
    for (fault, is_told) in lasting {
        proxy.spoil(*fault, "PUT", usize::MAX);
        let error = back_up(engine, "bad", content(3), None).err().map(DriverError::from).unwrap();
        assert!(proxy.heal() > 0 && is_told(&error), "{fault:?}: {error:?}");
        let made = back_up(engine, "bad", content(3), None).unwrap();
        assert_restores(engine, &made);
        engine.remove(&made.layer.at).unwrap();
    }
    assert_eq!(objects(engine), [""; 0]);
}
