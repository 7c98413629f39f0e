//! Members of a cluster stand in for each other: what a dead one was asked, and what it was doing, is gone on with by
//! those that live. Its claims end with their leases. When it was only thought dead, it has called off before then what it
//! was doing to the storage, and the fences keep it from writing over rows that others changed meanwhile.

use std::collections::BTreeSet;

use store::{Conn, StoreError};

use super::Post;
use crate::{Backend, volume_queue};

/// Whether a member of the cluster of `backend` beats, other than itself.
pub(super) async fn has_company(post: &Post, backend: &Backend) -> Result<bool, StoreError> {
    let (alive, _) = others(post, backend).await?;
    Ok(!alive.is_empty())
}

/// Looks for dead members of the cluster and takes up their work, until the process ends. A member that comes back is
/// not left: each operation is claimed by one of them.
pub(super) async fn keep_watch(post: Post, backend: Backend, work: impl Fn(String)) {
    let mut taken_up = BTreeSet::new();
    loop {
        match others(&post, &backend).await {
            Ok((_, dead)) => {
                for host in dead.into_iter().filter(|host| taken_up.insert(host.clone())) {
                    tracing::warn!(
                        backend = backend.host,
                        host,
                        "stands in for a dead member of the cluster"
                    );
                    work(volume_queue(&host));
                }
            }
            Err(error) => {
                tracing::error!(backend = backend.host, error = error.chain(), "cannot look for dead members")
            }
        }
        if !post.pause(post.report_interval).await {
            return;
        }
    }
}

/// The other members of its cluster: those that beat, and those that do not.
async fn others(post: &Post, backend: &Backend) -> Result<(Vec<String>, Vec<String>), StoreError> {
    let Some(cluster) = backend.cluster.clone() else { return Ok((Vec::new(), Vec::new())) };
    let (ours, down_after_s) = (backend.host.clone(), post.verbs.service_down_time_s());
    let find = move |conn: &Conn<'_>| {
        let now = conn.now();
        let members = store::clusters::others(conn, &cluster, &ours)?;
        let (alive, dead): (Vec<_>, Vec<_>) = members.into_iter().partition(|it| it.is_up(now, down_after_s));
        let hosts = |members: Vec<model::service::Service>| members.into_iter().map(|it| it.host).collect();
        Ok((hosts(alive), hosts(dead)))
    };
    post.store.read(find).await
}
