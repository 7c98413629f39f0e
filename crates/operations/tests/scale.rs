//! A scheduler with more backends than most clouds have. What it carries is measured in `bench`.

use testkit::scale::measure;

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduler_places_on_a_hundred_backends() {
    measure(100, 10).await;
}
