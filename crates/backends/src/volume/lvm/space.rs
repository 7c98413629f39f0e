//! How much there is, and how much of it is promised.

use ports::DriverError;
use ports::volume::{BackendStats, CapacityGib, PoolStats};
use serde_json::{Map, Value};

use super::LvmDriver;
use super::report::{Lv, part_of};

impl LvmDriver {
    pub(super) fn measure(&self) -> Result<BackendStats, DriverError> {
        let (vg, all) = (self.group.report()?, self.group.all()?);
        let is_thin = self.is_thin()?;
        let pool = all.iter().find(|lv| lv.name == self.options.pool_name() && lv.is_thin_pool());
        let (total_bytes, free_bytes) = match pool {
            Some(pool) if is_thin => (pool.size_bytes, free_of(pool)),
            _ => (vg.size_bytes, vg.free_bytes / self.options.mirrors.saturating_add(1)),
        };
        let promised = |lv: &&Lv| if is_thin { lv.is_thin() } else { !lv.is_thin_pool() && !lv.is_thin() };
        let provisioned_bytes = all.iter().filter(promised).map(|lv| lv.size_bytes).sum();
        let kind = if is_thin { "thin" } else { "default" };
        let location =
            format!("LVMVolumeDriver:{}:{}:{kind}:{}", vg.uuid, self.group.name(), self.options.mirrors);
        let extra = [
            ("location_info", Value::String(location)),
            ("thin_provisioning_support", Value::Bool(is_thin)),
            ("thick_provisioning_support", Value::Bool(!is_thin)),
            ("sparse_copy_volume", Value::Bool(is_thin)),
            ("QoS_support", Value::Bool(false)),
            ("multiattach", Value::Bool(true)),
            ("online_extend_support", Value::Bool(true)),
        ];
        let gib_of = |bytes: u64| bytes as f64 / self.options.gib_bytes as f64;
        let pool = PoolStats {
            name: self.options.report_as.clone(),
            total: CapacityGib::Gib(gib_of(total_bytes)),
            free: CapacityGib::Gib(gib_of(free_bytes)),
            provisioned_gib: Some(gib_of(provisioned_bytes)),
            extra: extra.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>(),
        };
        Ok(BackendStats { pools: vec![pool] })
    }
}

/// What can still be written to a pool: it stops at whichever of its two spaces is full first.
fn free_of(pool: &Lv) -> u64 {
    let used = [pool.data_percent, pool.metadata_percent].into_iter().flatten().fold(0.0, f64::max);
    pool.size_bytes.saturating_sub(part_of(pool.size_bytes, used))
}
