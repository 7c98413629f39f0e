//! What tgtd says it has (`tgtadm --op show --mode target`): a text for people, of which only the lines that are known are
//! read.

/// A target of tgtd.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// Its number.
    pub(super) tid: i32,
    /// Its iSCSI name.
    pub(super) name: String,
    /// Who is logged in.
    pub(super) sessions: Vec<Session>,
    /// Its units, but for the controller.
    pub(super) units: Vec<Unit>,
    /// The names by which an initiator has to present itself.
    pub(super) accounts: Vec<String>,
    /// The names and addresses that are let in.
    pub(super) access: Vec<String>,
}

/// Somebody who is logged in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) sid: u64,
    pub(super) initiator: String,
    pub(super) connections: Vec<u32>,
}

/// A logical unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) lun: u64,
    pub(super) serial: String,
    pub(super) path: String,
    /// Whether it takes space back.
    pub(super) discards: bool,
}

/// The part of a target that a line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Other,
    Sessions,
    Units,
    Accounts,
    Access,
}

/// Reads the text.
pub(super) fn targets(text: &str) -> Vec<Shown> {
    let mut targets: Vec<Shown> = Vec::new();
    let mut part = Part::Other;
    for line in text.lines() {
        let (depth, line) = (line.len() - line.trim_start().len(), line.trim());
        if depth == 0 {
            targets.extend(head(line));
            part = Part::Other;
            continue;
        }
        let Some(target) = targets.last_mut() else { continue };
        match (depth, part) {
            (4, _) => part = part_of(line),
            (8, Part::Accounts) if !line.ends_with("(outgoing)") => target.accounts.push(line.to_owned()),
            (8, Part::Access) => target.access.push(line.to_owned()),
            (_, Part::Sessions) => read_session(target, line),
            (_, Part::Units) => read_unit(target, line),
            _ => {}
        }
    }
    for target in &mut targets {
        target.units.retain(|unit| unit.lun != 0);
    }
    targets
}

/// `Target 1: iqn.…`
fn head(line: &str) -> Option<Shown> {
    let (tid, name) = line.strip_prefix("Target ")?.split_once(": ")?;
    Some(Shown { tid: tid.parse().ok()?, name: name.trim().to_owned(), ..Shown::default() })
}

fn part_of(line: &str) -> Part {
    match line {
        "I_T nexus information:" => Part::Sessions,
        "LUN information:" => Part::Units,
        "Account information:" => Part::Accounts,
        "ACL information:" => Part::Access,
        _ => Part::Other,
    }
}

fn read_session(target: &mut Shown, line: &str) {
    let Some((key, value)) = line.split_once(": ") else { return };
    match (key, target.sessions.last_mut()) {
        ("I_T nexus", _) => {
            let sid = value.parse().unwrap_or_default();
            target.sessions.push(Session { sid, ..Session::default() });
        }
        ("Initiator", Some(session)) => {
            value.split_whitespace().next().unwrap_or_default().clone_into(&mut session.initiator);
        }
        ("Connection", Some(session)) => session.connections.extend(value.parse::<u32>()),
        _ => {}
    }
}

fn read_unit(target: &mut Shown, line: &str) {
    let Some((key, value)) = line.split_once(": ") else { return };
    match (key, target.units.last_mut()) {
        ("LUN", _) => {
            let lun = value.parse().unwrap_or_default();
            target.units.push(Unit { lun, ..Unit::default() });
        }
        ("SCSI SN", Some(unit)) => value.clone_into(&mut unit.serial),
        ("Thin-provisioning", Some(unit)) => unit.discards = value == "Yes",
        ("Backing store path", Some(unit)) => value.clone_into(&mut unit.path),
        _ => {}
    }
}

/// The places where tgtd listens (`tgtadm --op show --mode portal`): `address:port`.
pub(super) fn portals(text: &str) -> Vec<String> {
    let place = |line: &str| {
        let (place, _group) = line.trim().strip_prefix("Portal: ")?.rsplit_once(',')?;
        Some(place.to_owned())
    };
    text.lines().filter_map(place).collect()
}

/// All accounts (`tgtadm --op show --mode account`).
pub(super) fn accounts(text: &str) -> Vec<String> {
    text.lines().filter(|line| line.starts_with(' ')).map(|line| line.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
Target 3: iqn.2010-10.org.openstack:volume-1
    System information:
        Driver: iscsi
        State: ready
    I_T nexus information:
        I_T nexus: 10
            Initiator: iqn.a:x alias: none
            Connection: 0
                IP Address: 127.0.0.1
    LUN information:
        LUN: 0
            Type: controller
            SCSI SN: beaf10
            Backing store path: None
        LUN: 1
            Type: disk
            SCSI ID: IET     00010001
            SCSI SN: 01234567-89ab-cdef-0123-456789abcdef
            Thin-provisioning: Yes
            Backing store path: /dev/vg/volume-1
            Backing store flags: 
    Account information:
        user
        other (outgoing)
    ACL information:
        ALL
        iqn.a:x
Target 4: iqn.x
    LUN information:
";

    #[test]
    fn a_target_is_read() {
        let found = targets(TEXT);
        let first = &found[0];
        assert_eq!((first.tid, first.name.as_str()), (3, "iqn.2010-10.org.openstack:volume-1"));
        let session = Session { sid: 10, initiator: "iqn.a:x".to_owned(), connections: vec![0] };
        assert_eq!(first.sessions, [session]);
        assert_eq!((first.units.len(), first.units[0].lun), (1, 1));
        assert_eq!(first.units[0].serial, "01234567-89ab-cdef-0123-456789abcdef");
        assert_eq!((first.units[0].path.as_str(), first.units[0].discards), ("/dev/vg/volume-1", true));
        assert_eq!(
            (&first.accounts[..], &first.access[..]),
            (&["user".to_owned()][..], &["ALL".to_owned(), "iqn.a:x".to_owned()][..])
        );
        assert_eq!(found[1], Shown { tid: 4, name: "iqn.x".to_owned(), ..Shown::default() });
    }

    #[test]
    fn portals_and_accounts_are_read() {
        assert_eq!(
            portals("Portal: 127.0.0.1:3271,1\nPortal: [::]:3260,1\n"),
            ["127.0.0.1:3271", "[::]:3260"]
        );
        assert_eq!(accounts("Account list:\n    u\n    v\n"), ["u", "v"]);
    }

    #[test]
    fn what_tgtd_never_prints_is_passed_over() {
        for text in [
            "",
            "Target",
            "Target x: y",
            "    LUN information:\n",
            "Target 1: a\n        LUN: 1\n",
            "é: \u{2028}",
        ] {
            assert!(targets(text).iter().all(|target| target.units.is_empty()), "{text}");
        }
    }
}
