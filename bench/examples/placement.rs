//! What one scheduler carries, by the number of backends that it chooses from: `cargo run --release -p bench --example
//! placement`. docs/many-machines.md has the figures.

use std::time::Duration;

use testkit::scale::measure;

/// Volumes that are placed in each measurement.
const VOLUMES: u32 = 100;

#[tokio::main]
async fn main() {
    let ms = |of: Duration| of.as_secs_f64() * 1000.0;
    for backends in [10, 100, 1000, 10_000] {
        let measured = measure(backends, VOLUMES).await;
        let (admission, placement) = (ms(measured.admission), ms(measured.placement));
        println!("{backends:6} backends: accepted in {admission:.2} ms, placed in {placement:.2} ms each");
    }
}
