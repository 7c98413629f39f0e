//! What every target promises, looked at from outside: by an initiator.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread;

use backends::target::{Chap, Iqn, Offer, Target};
use ports::volume::Access;

use crate::initiator::{NotIn, Session};

/// A target under test.
pub(crate) trait Subject: Sync {
    fn target(&self) -> &dyn Target;

    /// The same as a new process would have it.
    fn next_process(&self) -> Box<dyn Target>;

    /// Where it is reached.
    fn portals(&self) -> Vec<SocketAddr>;

    /// A device that nobody else has, of [`SIZE_BYTES`].
    fn device(&self, name: &str) -> PathBuf;

    /// Makes it larger by as much again.
    fn grow(&self, device: &Path);
}

/// How large a device is.
pub(crate) const SIZE_BYTES: u64 = 64 << 20;

pub(crate) type Promise = (&'static str, fn(&dyn Subject));

/// All of them.
pub(crate) const PROMISES: &[Promise] = &[
    ("what is offered to nobody lets nobody in", offered_to_nobody),
    ("whoever is let in sees the disk, and nobody else does", let_in_by_name),
    ("whoever is let out is sent away, and others stay", let_out),
    ("only who knows the secret is in", secret),
    ("every call can be repeated, by the next process too", repeated),
    ("a disk that has grown is seen to have grown", grown),
    ("what is withdrawn is gone, whoever uses it", withdrawn),
    ("what was never there can be taken back", never_there),
    ("many can be offered at once", many),
];

/// A disk that is offered.
pub(crate) struct Disk {
    pub(crate) name: Iqn,
    pub(crate) device: PathBuf,
    pub(crate) serial: String,
    pub(crate) chap: Option<Chap>,
}

impl Disk {
    pub(crate) fn new(subject: &dyn Subject) -> Self {
        let serial = model::VolumeId::random().to_string();
        let name = format!("iqn.2010-10.org.openstack:volume-{serial}").parse().unwrap();
        Self { name, device: subject.device(&serial), serial, chap: None }
    }

    pub(crate) fn offer(&self) -> Offer<'_> {
        Offer {
            target: &self.name,
            device: &self.device,
            serial: &self.serial,
            chap: self.chap.as_ref(),
            discards: false,
        }
    }

    pub(crate) fn log_in(&self, subject: &dyn Subject, initiator: &Iqn) -> Result<Session, NotIn> {
        let chap = self.chap.as_ref().map(|chap| (chap.user(), chap.expose_secret()));
        Session::login(subject.portals()[0], self.name.as_str(), initiator.as_str(), chap)
    }
}

pub(crate) fn initiator(name: &str) -> Iqn {
    format!("iqn.1993-08.org.example:{name}").parse().unwrap()
}

pub(crate) fn must_refuse(login: Result<Session, NotIn>) {
    match login {
        Err(NotIn::Refused(why)) => assert!(matches!(why, 0x0201..=0x0203), "{why:#06x}"),
        // tgtd hangs up on some whom it does not want, and the kernel does not even listen without a target.
        Err(NotIn::Io(error)) => assert!(is_end(&error), "{error:?}"),
        Ok(_) => panic!("it is in"),
    }
}

/// Whether a session was ended by its target.
fn has_ended(session: &mut Session, lun: u8) -> bool {
    match session.size_bytes(lun) {
        Ok(_) => false,
        Err(error) => {
            assert!(is_end(&error), "{error:?}");
            true
        }
    }
}

/// Whether the other side hung up.
fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
    )
}

fn lun(subject: &dyn Subject) -> u8 {
    subject.target().lun().try_into().unwrap()
}

fn offered_to_nobody(subject: &dyn Subject) {
    let disk = Disk::new(subject);
    subject.target().ensure(&disk.offer()).unwrap();
    must_refuse(disk.log_in(subject, &initiator("a")));
    assert!(subject.target().list("iqn.2010").unwrap().contains(&disk.name.to_string()));
    subject.target().remove(&disk.name).unwrap();
    assert!(!subject.target().list("iqn.2010").unwrap().contains(&disk.name.to_string()));
    must_refuse(disk.log_in(subject, &initiator("a")));
}

fn let_in_by_name(subject: &dyn Subject) {
    let disk = Disk::new(subject);
    subject.target().ensure(&disk.offer()).unwrap();
    subject.target().admit(&disk.offer(), &initiator("a"), Access::Write).unwrap();
    for portal in subject.portals() {
        let mut session = Session::login(portal, disk.name.as_str(), initiator("a").as_str(), None).unwrap();
        assert_eq!(session.size_bytes(lun(subject)).unwrap(), SIZE_BYTES);
        assert_eq!(session.serial(lun(subject)).unwrap(), disk.serial);
    }
    must_refuse(disk.log_in(subject, &initiator("b")));
    subject.target().remove(&disk.name).unwrap();
}

fn let_out(subject: &dyn Subject) {
    let disk = Disk::new(subject);
    subject.target().ensure(&disk.offer()).unwrap();
    for name in ["a", "b"] {
        subject.target().admit(&disk.offer(), &initiator(name), Access::Write).unwrap();
    }
    let mut a = disk.log_in(subject, &initiator("a")).unwrap();
    let mut b = disk.log_in(subject, &initiator("b")).unwrap();
    assert_eq!(a.size_bytes(lun(subject)).unwrap(), SIZE_BYTES);
    assert_eq!(b.size_bytes(lun(subject)).unwrap(), SIZE_BYTES);
    subject.target().expel(&disk.name, &initiator("a")).unwrap();
    assert!(has_ended(&mut a, lun(subject)), "it is still in");
    must_refuse(disk.log_in(subject, &initiator("a")));
    assert!(!has_ended(&mut b, lun(subject)), "the other one was sent away too");
    subject.target().remove(&disk.name).unwrap();
}

fn secret(subject: &dyn Subject) {
    let disk = Disk { chap: Some(Chap::random().unwrap()), ..Disk::new(subject) };
    subject.target().ensure(&disk.offer()).unwrap();
    subject.target().admit(&disk.offer(), &initiator("a"), Access::Write).unwrap();
    let mut session = disk.log_in(subject, &initiator("a")).unwrap();
    assert_eq!(session.size_bytes(lun(subject)).unwrap(), SIZE_BYTES);
    must_refuse(disk.log_in(subject, &initiator("b")));
    let user = disk.chap.as_ref().unwrap().user();
    let (portal, a) = (subject.portals()[0], initiator("a"));
    for chap in
        [None, Some((user, "wrong-secret-1")), Some(("nobody", disk.chap.as_ref().unwrap().expose_secret()))]
    {
        must_refuse(Session::login(portal, disk.name.as_str(), a.as_str(), chap));
    }
    // A new secret is the only one.
    let changed = Disk { chap: Some(Chap::random().unwrap()), ..disk };
    subject.target().ensure(&changed.offer()).unwrap();
    subject.target().admit(&changed.offer(), &a, Access::Write).unwrap();
    assert!(changed.log_in(subject, &a).is_ok());
    subject.target().remove(&changed.name).unwrap();
}

fn repeated(subject: &dyn Subject) {
    let disk = Disk { chap: Some(Chap::random().unwrap()), ..Disk::new(subject) };
    let next = subject.next_process();
    let a = initiator("a");
    for target in [subject.target(), subject.target(), &*next] {
        target.check().unwrap();
        target.ensure(&disk.offer()).unwrap();
        target.admit(&disk.offer(), &a, Access::Write).unwrap();
        target.admit(&disk.offer(), &a, Access::Write).unwrap();
        target.ensure(&disk.offer()).unwrap();
        assert!(disk.log_in(subject, &a).is_ok(), "whoever is in stays in");
    }
    for target in [subject.target(), &*next] {
        target.expel(&disk.name, &a).unwrap();
        must_refuse(disk.log_in(subject, &a));
    }
    for target in [&*next, subject.target()] {
        target.remove(&disk.name).unwrap();
    }
}

fn grown(subject: &dyn Subject) {
    let disk = Disk { chap: Some(Chap::random().unwrap()), ..Disk::new(subject) };
    let (a, lun) = (initiator("a"), lun(subject));
    subject.target().ensure(&disk.offer()).unwrap();
    subject.target().admit(&disk.offer(), &a, Access::Write).unwrap();
    let mut session = disk.log_in(subject, &a).unwrap();
    assert_eq!(session.size_bytes(lun).unwrap(), SIZE_BYTES);
    subject.grow(&disk.device);
    for _ in 0..2 {
        subject.target().resized(&disk.name).unwrap();
    }
    if has_ended(&mut session, lun) {
        session = disk.log_in(subject, &a).unwrap();
    }
    assert_eq!(session.size_bytes(lun).unwrap(), 2 * SIZE_BYTES);
    assert_eq!(session.serial(lun).unwrap(), disk.serial);
    subject.target().remove(&disk.name).unwrap();
}

fn withdrawn(subject: &dyn Subject) {
    let disk = Disk::new(subject);
    subject.target().ensure(&disk.offer()).unwrap();
    subject.target().admit(&disk.offer(), &initiator("a"), Access::Read).unwrap();
    let mut session = disk.log_in(subject, &initiator("a")).unwrap();
    assert_eq!(session.size_bytes(lun(subject)).unwrap(), SIZE_BYTES);
    for _ in 0..2 {
        subject.target().remove(&disk.name).unwrap();
    }
    assert!(has_ended(&mut session, lun(subject)), "it is still in");
    // Made anew, it lets nobody in who was.
    subject.target().ensure(&disk.offer()).unwrap();
    must_refuse(disk.log_in(subject, &initiator("a")));
    subject.target().remove(&disk.name).unwrap();
}

fn never_there(subject: &dyn Subject) {
    let name: Iqn = "iqn.2010-10.org.openstack:volume-never".parse().unwrap();
    subject.target().expel(&name, &initiator("a")).unwrap();
    subject.target().resized(&name).unwrap();
    subject.target().remove(&name).unwrap();
}

fn many(subject: &dyn Subject) {
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let disk = Disk { chap: Some(Chap::random().unwrap()), ..Disk::new(subject) };
                subject.target().ensure(&disk.offer()).unwrap();
                subject.target().admit(&disk.offer(), &initiator("a"), Access::Write).unwrap();
                let mut session = disk.log_in(subject, &initiator("a")).unwrap();
                assert_eq!(session.serial(lun(subject)).unwrap(), disk.serial);
                drop(session);
                subject.target().remove(&disk.name).unwrap();
            });
        }
    });
}
