//! What one scheduler carries, measured: `cargo test --release -p operations --test scale -- --ignored --nocapture`.
//! docs/many-machines.md has the figures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

use testkit::scale::measure;

/// Volumes that are placed in each measurement.
const VOLUMES: u32 = 100;

fn print(backends: usize, measured: testkit::scale::Measured) {
    let ms = |of: std::time::Duration| of.as_secs_f64() * 1000.0;
    let (admission, placement) = (ms(measured.admission), ms(measured.placement));
    println!("{backends:6} backends: accepted in {admission:.2} ms, placed in {placement:.2} ms each");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduler_places_on_a_hundred_backends() {
    print(100, measure(100, 10).await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: it takes minutes and asserts nothing about time"]
async fn a_scheduler_over_ten_thousand_backends() {
    for backends in [10, 100, 1000, 10_000] {
        print(backends, measure(backends, VOLUMES).await);
    }
}
