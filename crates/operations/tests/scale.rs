//! A scheduler with more backends than most clouds have. What it carries is measured in `bench`.

use testkit::scale::{fill, measure};

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduler_places_on_a_hundred_backends() {
    measure(100, 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn schedulers_side_by_side_fill_every_pool_to_the_last_and_none_beyond() {
    let (backends, room_gib) = (40, 2);
    assert!(backends > operations::FEW_POOLS, "pools are chosen by what is remembered of them");
    let (filled, nowhere) = fill(2, backends, room_gib, 90).await;
    assert_eq!(filled, [room_gib; 40]);
    assert_eq!(nowhere, 10);
}
