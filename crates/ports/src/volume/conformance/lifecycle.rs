//! That calls can be repeated, interrupted and made side by side.

use std::thread;

use super::inventory::must_list;
use super::subject::{snapshot, volume};
use super::{Broken, Check, Must, Subject, must_be};
use crate::Work;
use crate::volume::{Access, DriverError, FoundKind, Source};

pub(super) const CHECKS: &[Check] = &[
    Check { name: "checking can be repeated", run: check_twice },
    Check { name: "removing can be repeated", run: remove_twice },
    Check { name: "what is half-made is made anew", run: half_made_is_remade },
    Check { name: "what is half-made is removed with its name", run: half_made_is_removed },
    Check { name: "a sweep removes the unfinished and nothing else", run: sweep_takes_only_unfinished },
    Check { name: "the next process finds everything", run: next_process_finds_everything },
    Check { name: "work that was called off can be taken up again", run: called_off_is_no_harm },
    Check { name: "many volumes can be made and removed at once", run: many_at_once },
];

fn check_twice(subject: &dyn Subject) -> Result<(), Broken> {
    subject.driver().check().must("check")?;
    subject.driver().check().must("check again")
}

fn remove_twice(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, work, origin) = (subject.driver(), Work::new(), volume(1));
    let snapshot = snapshot(&origin);
    driver.remove_volume(&work, &origin).must("remove_volume of what never was")?;
    driver.remove_snapshot(&work, &snapshot).must("remove_snapshot of what never was")?;
    driver.ensure_volume(&work, &origin, None).must("ensure_volume")?;
    driver.ensure_snapshot(&work, &snapshot).must("ensure_snapshot")?;
    for _ in 0..2 {
        driver.remove_snapshot(&work, &snapshot).must("remove_snapshot")?;
    }
    for _ in 0..2 {
        driver.remove_volume(&work, &origin).must("remove_volume")?;
    }
    must_list(subject, &[])?;
    let opened = driver.open_volume(&origin, Access::Read);
    must_be(matches!(opened, Err(DriverError::Missing { .. })), || format!("opened as {opened:?}"))
}

fn half_made_is_remade(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, work) = (subject.driver(), Work::new());
    let (origin, copy) = (volume(1), volume(1));
    driver.check().must("check")?;
    for volume in [&origin, &copy] {
        if !subject.leave_unfinished(volume.id)? {
            return Ok(());
        }
    }
    driver.ensure_volume(&work, &origin, None).must("ensure_volume")?;
    driver
        .ensure_volume(&work, &copy, Some(&Source::Volume(origin.clone())))
        .must("ensure_volume from a volume")?;
    driver.sweep().must("sweep")?;
    must_list(subject, &[FoundKind::Volume(origin.id), FoundKind::Volume(copy.id)])?;
    let len = subject.len(&copy)?;
    must_be(len == subject.gib_bytes(), || format!("{len} bytes large"))
}

fn half_made_is_removed(subject: &dyn Subject) -> Result<(), Broken> {
    let volume = volume(1);
    subject.driver().check().must("check")?;
    if !subject.leave_unfinished(volume.id)? {
        return Ok(());
    }
    subject.driver().remove_volume(&Work::new(), &volume).must("remove_volume")?;
    must_list(subject, &[])
}

fn sweep_takes_only_unfinished(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, work, origin) = (subject.driver(), Work::new(), volume(1));
    let snapshot = snapshot(&origin);
    driver.ensure_volume(&work, &origin, None).must("ensure_volume")?;
    driver.ensure_snapshot(&work, &snapshot).must("ensure_snapshot")?;
    let whole = [FoundKind::Volume(origin.id), FoundKind::Snapshot(snapshot.id)];
    let mut unfinished = 0;
    for _ in 0..3 {
        unfinished += usize::from(subject.leave_unfinished(volume(1).id)?);
    }
    let listed = [whole.to_vec(), vec![FoundKind::Unfinished; unfinished]].concat();
    must_list(subject, &listed)?;
    let swept = driver.sweep().must("sweep")?;
    must_be(swept == unfinished, || format!("{swept} swept of {unfinished}"))?;
    let swept = driver.sweep().must("sweep again")?;
    must_be(swept == 0, || format!("{swept} swept of nothing"))?;
    must_list(subject, &whole)
}

fn next_process_finds_everything(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, work, origin) = (subject.driver(), Work::new(), volume(1));
    let snapshot = snapshot(&origin);
    driver.ensure_volume(&work, &origin, None).must("ensure_volume")?;
    driver.ensure_snapshot(&work, &snapshot).must("ensure_snapshot")?;
    let next = subject.driver_of_next_process();
    next.check().must("check")?;
    let found = next.list().must("list")?;
    must_be(found.len() == 2, || format!("{found:?}"))?;
    let copy = volume(1);
    next.ensure_volume(&work, &copy, Some(&Source::Snapshot(snapshot.clone()))).must("ensure_volume")?;
    next.remove_snapshot(&work, &snapshot).must("remove_snapshot")?;
    next.remove_volume(&work, &origin).must("remove_volume")?;
    must_list(subject, &[FoundKind::Volume(copy.id)])
}

fn called_off_is_no_harm(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, unwanted) = (subject.driver(), Work::new());
    unwanted.call_off();
    let (origin, copy) = (volume(1), volume(1));
    driver.ensure_volume(&Work::new(), &origin, None).must("ensure_volume")?;
    subject.write_at(&origin, b"content", 0)?;
    let source = Source::Volume(origin.clone());
    match driver.ensure_volume(&unwanted, &copy, Some(&source)) {
        Ok(_) | Err(DriverError::Unwanted(_)) => {}
        Err(source) => return Err(Broken::Failed { what: "ensure_volume, called off", source }),
    }
    driver.ensure_volume(&Work::new(), &copy, Some(&source)).must("ensure_volume, taken up again")?;
    must_be(subject.read_at(&copy, 7, 0)? == b"content", || "content lost".to_owned())?;
    must_list(subject, &[FoundKind::Volume(origin.id), FoundKind::Volume(copy.id)])
}

fn many_at_once(subject: &dyn Subject) -> Result<(), Broken> {
    const MANY: usize = 16;
    let driver = subject.driver();
    let volumes: Vec<_> = (0..MANY).map(|_| volume(1)).collect();
    let all = |call: &(dyn Fn(usize) -> Result<(), DriverError> + Sync)| {
        thread::scope(|scope| {
            let calls: Vec<_> = (0..MANY).map(|i| scope.spawn(move || call(i))).collect();
            calls.into_iter().filter_map(|call| call.join().ok()).collect::<Vec<_>>()
        })
    };
    let made = all(&|i| driver.ensure_volume(&Work::new(), &volumes[i], None).map(drop));
    must_be(made.len() == MANY, || "a call panicked".to_owned())?;
    made.into_iter().collect::<Result<Vec<()>, _>>().must("ensure_volume")?;
    let kinds: Vec<_> = volumes.iter().map(|volume| FoundKind::Volume(volume.id)).collect();
    must_list(subject, &kinds)?;
    let removed = all(&|i| driver.remove_volume(&Work::new(), &volumes[i]));
    must_be(removed.len() == MANY, || "a call panicked".to_owned())?;
    removed.into_iter().collect::<Result<Vec<()>, _>>().must("remove_volume")?;
    must_list(subject, &[])
}
