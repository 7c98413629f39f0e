//! Whether a project may have more.

use std::collections::{BTreeMap, HashMap};

use model::quota::{Counted, fits};
use model::refusal::OverQuota;
use model::{ProjectId, Snapshot, VolumeType};
use store::{Conn, StoreError, quotas};

use crate::{Refused, Settings};

/// What is asked for on top of what is used.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// The resource.
    pub counted: Counted,
    /// How much.
    pub amount: i64,
}

/// The limits in force for one project.
pub struct Limits {
    project: BTreeMap<String, i64>,
    class: BTreeMap<String, i64>,
}

impl Limits {
    /// Reads them.
    ///
    /// # Errors
    /// The store's own.
    pub fn read(conn: &Conn<'_>, project: &ProjectId) -> Result<Self, StoreError> {
        Ok(Self { project: quotas::limits(conn, project)?, class: quotas::class_limits(conn, "default")? })
    }

    /// The limit called `name`: the project's own, else the default class's (if `use_default_quota_class`), else the
    /// configuration's, else `built_in`.
    #[must_use]
    pub fn get(&self, settings: &Settings, name: &str, built_in: i64) -> i64 {
        let of_class = || self.class.get(name).filter(|_| settings.use_default_quota_class);
        let found = self.project.get(name).or_else(of_class);
        found.or_else(|| settings.quota_defaults.get(name)).copied().unwrap_or(built_in)
    }

    /// Checks that `asks` fit, in all and within the volume type.
    ///
    /// # Errors
    /// The first that does not fit, with its numbers; or the store's own.
    pub fn check(
        &self,
        conn: &Conn<'_>,
        settings: &Settings,
        project: &ProjectId,
        volume_type: &VolumeType,
        asks: &[Ask],
    ) -> Result<(), Refused> {
        let usage = quotas::usage(conn, project)?;
        for ask in asks {
            self.check_one(settings, &usage, None, *ask)?;
            self.check_one(settings, &usage, Some(volume_type), *ask)?;
        }
        Ok(())
    }

    /// Checks that `asks` fit within the volume type, of what the project has already.
    ///
    /// # Errors
    /// As [`Limits::check`].
    pub fn check_of_type(
        &self,
        conn: &Conn<'_>,
        settings: &Settings,
        project: &ProjectId,
        volume_type: &VolumeType,
        asks: &[Ask],
    ) -> Result<(), Refused> {
        let usage = quotas::usage(conn, project)?;
        asks.iter().try_for_each(|ask| self.check_one(settings, &usage, Some(volume_type), *ask))
    }

    fn check_one(
        &self,
        settings: &Settings,
        usage: &HashMap<String, i64>,
        volume_type: Option<&VolumeType>,
        ask: Ask,
    ) -> Result<(), Refused> {
        let name = ask.counted.limit_name(volume_type.map(|it| it.name.as_str()));
        let built_in = if volume_type.is_some() { -1 } else { ask.counted.default_limit() };
        let limit = self.get(settings, &name, built_in);
        let used = usage.get(&ask.counted.usage_key(volume_type.map(|it| it.id))).copied().unwrap_or(0);
        if fits(limit, used, ask.amount) {
            return Ok(());
        }
        let over = OverQuota::new(ask.counted, name, ask.amount, limit, used);
        Err(Refused::Refusal(over.into()))
    }

    /// Checks that the project may have one more group.
    ///
    /// # Errors
    /// It may not; or the store's own.
    pub fn check_one_more_group(
        &self,
        conn: &Conn<'_>,
        settings: &Settings,
        project: &ProjectId,
    ) -> Result<(), Refused> {
        let name = Counted::Groups.limit_name(None);
        let limit = self.get(settings, &name, Counted::Groups.default_limit());
        let used = quotas::used(conn, project, &Counted::Groups.usage_key(None))?;
        if fits(limit, used, 1) {
            return Ok(());
        }
        Err(Refused::Refusal(OverQuota::new(Counted::Groups, name, 1, limit, used).into()))
    }

    /// Checks that the project may have one more backup, of `size_gib`.
    ///
    /// # Errors
    /// It may not, with the numbers; or the store's own.
    pub fn check_one_more_backup(
        &self,
        conn: &Conn<'_>,
        settings: &Settings,
        project: &ProjectId,
        size_gib: u64,
    ) -> Result<(), Refused> {
        for (counted, asked) in [(Counted::Backups, 1), (Counted::BackupGigabytes, gib(size_gib))] {
            let name = counted.limit_name(None);
            let limit = self.get(settings, &name, counted.default_limit());
            let used = quotas::used(conn, project, &counted.usage_key(None))?;
            if !fits(limit, used, asked) {
                return Err(Refused::Refusal(OverQuota::new(counted, name, asked, limit, used).into()));
            }
        }
        Ok(())
    }

    /// Checks the largest size of one volume.
    ///
    /// # Errors
    /// It is larger.
    pub fn check_size(&self, settings: &Settings, size_gib: u64) -> Result<(), Refused> {
        let limit = self.get(settings, model::quota::PER_VOLUME_GIGABYTES, settings.per_volume_gib);
        if limit >= 0 && i64::try_from(size_gib).unwrap_or(i64::MAX) > limit {
            return Err(Refused::Refusal(OverQuota::PerVolume { asked: size_gib, limit }.into()));
        }
        Ok(())
    }
}

/// A size as the quota counts it.
#[must_use]
pub fn gib(size_gib: u64) -> i64 {
    i64::try_from(size_gib).unwrap_or(i64::MAX)
}

/// What snapshots are charged with: how many they are, and their GiB.
#[must_use]
pub fn of_snapshots<'s>(snapshots: impl Iterator<Item = &'s Snapshot>) -> (i64, i64) {
    snapshots.fold((0, 0), |(count, sum), it| (count + 1, gib(it.charged_gib).saturating_add(sum)))
}
