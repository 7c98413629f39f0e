//! What a driver says about what there is.

use std::fs;

use super::subject::{snapshot, volume};
use super::{Broken, Check, Must, Subject, must_be};
use crate::Work;
use crate::volume::{CapacityGib, FoundKind};

pub(super) const CHECKS: &[Check] = &[
    Check { name: "the list is exactly what there is", run: list_is_exact },
    Check { name: "names contain identifiers", run: names_contain_ids },
    Check { name: "other people's files are left alone", run: foreign_files_are_left_alone },
    Check { name: "the report is plausible", run: stats_are_plausible },
];

/// The list holds `kinds` and nothing else, in any order.
pub(super) fn must_list(subject: &dyn Subject, kinds: &[FoundKind]) -> Result<(), Broken> {
    let found = subject.driver().list().must("list")?;
    let mut left: Vec<FoundKind> = found.iter().map(|found| found.kind).collect();
    for kind in kinds {
        let at = left.iter().position(|found| found == kind);
        let at = at.ok_or_else(|| Broken::Untrue(format!("{kind:?} is not listed among {found:?}")))?;
        left.swap_remove(at);
    }
    must_be(left.is_empty(), || format!("listed, but not there: {left:?}"))
}

fn list_is_exact(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, work) = (subject.driver(), Work::new());
    must_list(subject, &[])?;
    let (first, second) = (volume(1), volume(1));
    let of_first = snapshot(&first);
    driver.ensure_volume(&work, &first, None).must("ensure_volume")?;
    driver.ensure_volume(&work, &second, None).must("ensure_volume")?;
    driver.ensure_snapshot(&work, &of_first).must("ensure_snapshot")?;
    let all = [FoundKind::Volume(first.id), FoundKind::Volume(second.id), FoundKind::Snapshot(of_first.id)];
    must_list(subject, &all)?;
    driver.remove_volume(&work, &second).must("remove_volume")?;
    driver.remove_snapshot(&work, &of_first).must("remove_snapshot")?;
    must_list(subject, &all[..1])
}

fn names_contain_ids(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, work, origin) = (subject.driver(), Work::new(), volume(1));
    let snapshot = snapshot(&origin);
    driver.ensure_volume(&work, &origin, None).must("ensure_volume")?;
    driver.ensure_snapshot(&work, &snapshot).must("ensure_snapshot")?;
    for found in driver.list().must("list")? {
        let id = match found.kind {
            FoundKind::Volume(id) => id.to_string(),
            FoundKind::Snapshot(id) => id.to_string(),
            FoundKind::Base(id) => id.to_string(),
            FoundKind::Unfinished => continue,
        };
        must_be(found.name.contains(&id), || format!("{} does not contain {id}", found.name))?;
    }
    Ok(())
}

fn foreign_files_are_left_alone(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, work, ours) = (subject.driver(), Work::new(), volume(1));
    driver.check().must("check")?;
    let Some(directory) = subject.directory() else { return Ok(()) };
    let id = volume(1).id;
    let upper = format!("volume-{id}").to_uppercase();
    let names = [
        "notes.txt".to_owned(),
        "volume-1".to_owned(),
        format!("volume-{id}.bak"),
        format!("volume-{{{id}}}"),
        format!(".unfinished-{id}"),
        format!(".unfinished-other-{id}"),
        upper,
    ];
    for name in &names {
        fs::write(directory.join(name), name)?;
    }
    fs::create_dir(directory.join(format!("snapshot-{id}")))?;
    std::os::unix::fs::symlink("notes.txt", directory.join(format!("volume-{id}")))?;

    driver.ensure_volume(&work, &ours, None).must("ensure_volume")?;
    must_list(subject, &[FoundKind::Volume(ours.id)])?;
    driver.sweep().must("sweep")?;
    driver.stats().must("stats")?;
    driver.remove_volume(&work, &ours).must("remove_volume")?;
    for name in &names {
        must_be(fs::read(directory.join(name))? == name.as_bytes(), || format!("{name} was written to"))?;
    }
    let left = fs::read_dir(directory)?.count();
    must_be(left == names.len() + 2, || format!("{left} entries left of {}", names.len() + 2))
}

fn stats_are_plausible(subject: &dyn Subject) -> Result<(), Broken> {
    let driver = subject.driver();
    let provisioned = || -> Result<f64, Broken> {
        let stats = driver.stats().must("stats")?;
        must_be(!stats.pools.is_empty(), || "no pool".to_owned())?;
        for pool in &stats.pools {
            must_be(!pool.name.is_empty() && !pool.name.contains(['#', '@']), || {
                format!("pool {:?}", pool.name)
            })?;
            if let (CapacityGib::Gib(total), CapacityGib::Gib(free)) = (pool.total, pool.free) {
                must_be(total >= free && free >= 0.0, || format!("{free} GiB free of {total}"))?;
            }
        }
        Ok(stats.pools.iter().filter_map(|pool| pool.provisioned_gib).sum())
    };
    let before = provisioned()?;
    let known = driver.stats().must("stats")?.pools.iter().any(|pool| pool.provisioned_gib.is_some());
    driver.ensure_volume(&Work::new(), &volume(2), None).must("ensure_volume")?;
    let grown = provisioned()? - before;
    must_be(!known || (grown - 2.0).abs() < 0.01, || format!("2 GiB more are reported as {grown}"))
}
