//! That hosts can be let in and out, any number of times.

use model::Connector;
use serde_json::{Map, Value};

use super::subject::volume;
use super::{Broken, Check, Must, Subject, must_be};
use crate::Work;
use crate::volume::{Access, Connection, DriverError, VolumeRef};

pub(super) const CHECKS: &[Check] = &[
    Check { name: "connecting again gives the same answer", run: connect_twice },
    Check { name: "disconnecting can be repeated", run: disconnect_twice },
    Check { name: "only a volume that is there can be connected", run: connect_nothing },
    Check { name: "several hosts come and go", run: several_hosts },
    Check { name: "the next process goes on with connections", run: next_process },
];

/// A host that says everything that any driver must know.
fn host(name: &str) -> Result<Connector, Broken> {
    let mut json = Map::new();
    for (key, value) in [
        ("host", name.to_owned()),
        ("ip", "192.0.2.1".to_owned()),
        ("initiator", format!("iqn.1993-08.org.example:{name}")),
        ("nqn", format!("nqn.2014-08.org.example:{name}")),
    ] {
        json.insert(key.to_owned(), Value::String(value));
    }
    let digit = name.bytes().map(u32::from).sum::<u32>();
    for key in ["wwpns", "wwnns"] {
        json.insert(key.to_owned(), Value::from(vec![format!("{digit:016x}")]));
    }
    Connector::new(json).map_err(|error| Broken::Untrue(error.to_string()))
}

fn made(subject: &dyn Subject) -> Result<VolumeRef, Broken> {
    let volume = volume(1);
    subject.driver().ensure_volume(&Work::new(), &volume, None).must("ensure_volume")?;
    Ok(volume)
}

/// Keeps what is to be kept, as whoever calls a driver does.
fn keep(volume: &mut VolumeRef, connection: &Connection) {
    let export = connection.export.clone();
    volume.provider_location = export.provider_location.or(volume.provider_location.take());
    volume.provider_auth = export.provider_auth.or(volume.provider_auth.take());
}

fn connect_twice(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, work, mut volume, host) = (subject.driver(), Work::new(), made(subject)?, host("a")?);
    let first = driver.connect(&work, &volume, &host, Access::Write).must("connect")?;
    keep(&mut volume, &first);
    let again = driver.connect(&work, &volume, &host, Access::Write).must("connect again")?;
    must_be((&first.driver_volume_type, &first.data) == (&again.driver_volume_type, &again.data), || {
        format!("first {first:?}, then {again:?}")
    })?;
    driver.disconnect(&work, &volume, None).must("disconnect")?;
    driver.connect(&work, &volume, &host, Access::Read).must("connect for reading, after a disconnect")?;
    driver.disconnect(&work, &volume, None).must("disconnect")?;
    driver.remove_volume(&work, &volume).must("remove_volume after everybody is out")
}

fn disconnect_twice(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, work, mut made, host) = (subject.driver(), Work::new(), made(subject)?, host("a")?);
    for connector in [Some(&host), None] {
        driver.disconnect(&work, &volume(1), connector).must("disconnect from what never was")?;
        driver.disconnect(&work, &made, connector).must("disconnect of who never was in")?;
        let connection = driver.connect(&work, &made, &host, Access::Write).must("connect")?;
        keep(&mut made, &connection);
        driver.disconnect(&work, &made, connector).must("disconnect")?;
        driver.disconnect(&work, &made, connector).must("disconnect again")?;
    }
    driver.remove_volume(&work, &made).must("remove_volume")?;
    driver.disconnect(&work, &made, None).must("disconnect from what is gone")
}

fn connect_nothing(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, absent, host) = (subject.driver(), volume(1), host("a")?);
    driver.check().must("check")?;
    let connected = driver.connect(&Work::new(), &absent, &host, Access::Write);
    must_be(matches!(connected, Err(DriverError::Missing { .. })), || format!("connect: {connected:?}"))
}

fn several_hosts(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, work, mut volume) = (subject.driver(), Work::new(), made(subject)?);
    let (one, two) = (host("a")?, host("b")?);
    for host in [&one, &two] {
        let connection = driver.connect(&work, &volume, host, Access::Write).must("connect")?;
        keep(&mut volume, &connection);
    }
    driver.disconnect(&work, &volume, Some(&one)).must("disconnect of the first")?;
    driver.connect(&work, &volume, &two, Access::Write).must("connect of the second, again")?;
    driver.disconnect(&work, &volume, Some(&two)).must("disconnect of the second")?;
    driver.disconnect(&work, &volume, None).must("disconnect of everybody")?;
    driver.remove_volume(&work, &volume).must("remove_volume")
}

fn next_process(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, work, mut volume, host) = (subject.driver(), Work::new(), made(subject)?, host("a")?);
    let first = driver.connect(&work, &volume, &host, Access::Write).must("connect")?;
    keep(&mut volume, &first);
    let next = subject.driver_of_next_process();
    next.check().must("check")?;
    let again = next.connect(&work, &volume, &host, Access::Write).must("connect in the next process")?;
    must_be(first.data == again.data, || format!("first {first:?}, then {again:?}"))?;
    next.disconnect(&work, &volume, None).must("disconnect in the next process")?;
    next.remove_volume(&work, &volume).must("remove_volume")
}
