//! Every portal of a target, where the storage service names one.

use std::net::IpAddr;

use ports::ExecError;

use super::command;
use crate::initiator::connection::{IscsiPath, MAX_PATHS, is_iscsi_name, split_portal};
use crate::machine::Machine;

/// The path that is known, and those to the same unit over every other portal that the storage says of its target.
pub(in crate::initiator) fn every_portal(
    machine: &dyn Machine,
    path: &IscsiPath,
) -> Result<Vec<IscsiPath>, ExecError> {
    let told = command::discover(machine, path)?;
    let mut paths = vec![path.clone()];
    for portal in told.lines().filter_map(|line| portal_of(line, &path.iqn)) {
        let is_known = paths.iter().any(|path| is_same(&path.portal, portal));
        if !is_known && paths.len() < MAX_PATHS {
            paths.push(IscsiPath { portal: portal.to_owned(), ..path.clone() });
        }
    }
    Ok(paths)
}

/// The portal in a line of iscsiadm's, `192.0.2.1:3260,1 iqn.2010-10.org.openstack:volume-…`, if it is about this target
/// and leads anywhere.
fn portal_of<'a>(line: &'a str, iqn: &str) -> Option<&'a str> {
    let (portal, name) = line.split_once(' ')?;
    let (portal, _group) = portal.rsplit_once(',')?;
    let (address, _) = split_portal(portal)?;
    let leads = address.parse::<IpAddr>().map_or(true, |address| !address.is_unspecified());
    (leads && is_iscsi_name(name) && name == iqn).then_some(portal)
}

/// Whether two portals are one, however their addresses are written.
fn is_same(one: &str, other: &str) -> bool {
    let read = |portal: &str| {
        let (address, port) = split_portal(portal)?;
        Some((address.parse::<IpAddr>().map_err(|_| address.to_ascii_lowercase()), port))
    };
    read(one) == read(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IQN: &str = "iqn.2010-10.org.openstack:volume-lab";

    #[test]
    fn portals_of_the_target_are_told_apart_from_everything_else() {
        let good = |line: &str| portal_of(&line.replace("IQN", IQN), IQN).map(str::to_owned);
        assert_eq!(good("192.0.2.2:3260,1 IQN").as_deref(), Some("192.0.2.2:3260"));
        assert_eq!(good("[2001:db8::2]:3260,2 IQN").as_deref(), Some("[2001:db8::2]:3260"));
        for bad in [
            "",
            "IQN",
            "192.0.2.2:3260 IQN",
            "192.0.2.2:3260,1 IQN2",
            "192.0.2.2,1 IQN",
            "0.0.0.0:3260,1 IQN",
            "[::]:3260,1 IQN",
            "-x:3260,1 IQN",
        ] {
            assert_eq!(good(bad), None, "{bad}");
        }
        assert!(is_same("[2001:DB8:0::2]:3260", "[2001:db8::2]:3260"));
        assert!(!is_same("192.0.2.2:3260", "192.0.2.2:3261"));
    }
}
