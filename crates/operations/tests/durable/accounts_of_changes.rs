//! Increments on backends that keep account of what has changed, truly or not.

use model::BackupStatus;
use operations::backup::create::Create;
use operations::backup::restore::Target;
use testkit::invariants::{self, Residue};
use testkit::{Account, BackendOptions, Options, World, content, full};

use crate::scenarios::{snapshot_of, written_volume};

/// What is written after the first backup.
const LATER: u8 = 0x3C;

#[test]
fn an_increment_on_a_backup_of_a_snapshot_goes_by_the_account_and_is_right_whatever_it_says() {
    for account in [Account::None, Account::True, Account::Empty] {
        let world = World::new(Options::with([BackendOptions::thin("a").keeping(account)]));
        let process = world.process();
        let id = written_volume(process, 1);
        let snapshot = snapshot_of(process, id);
        process.back_up_snapshot(id, snapshot).unwrap();
        process.settle();
        content::write(process, &process.volume(id).unwrap(), LATER);
        let asked =
            || process.faults.trace().iter().filter(|point| **point == "driver.changed_since.after").count();
        assert_eq!(asked(), 0);
        let increment = process.back_up(Create { incremental: true, ..full(id) }).unwrap();
        process.settle();
        assert_eq!(asked(), 1, "{account:?}");
        assert_eq!(process.backup(increment).unwrap().status, BackupStatus::Available, "{account:?}");
        let restored = process.restore(increment, Target::New(None)).unwrap();
        process.settle();
        content::check(process, &process.volume(restored).unwrap(), Some(LATER), 1).unwrap();
        // The snapshot is what the first one holds still, and gone it is asked for no more.
        process.delete_snapshot(snapshot, false).unwrap();
        process.settle();
        process.back_up(Create { incremental: true, ..full(id) }).unwrap();
        process.settle();
        assert_eq!(asked(), 1, "{account:?}");
        assert!(content::begins_with(process, &process.volume(id).unwrap(), LATER));
        invariants::assert(process, Residue::None, "after increments by an account");
    }
}
