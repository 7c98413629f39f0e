//! What changes of an RBD image as a whole: its length and its name.

use ports::DriverError;

use super::{Pool, WALK_WITHIN};

impl Pool {
    /// Makes an image `size_bytes` long; what is behind is gone.
    ///
    /// # Errors
    /// It is as long as it was, or nobody knows.
    pub fn resize_image(&self, image: &str, size_bytes: u64) -> Result<(), DriverError> {
        let call = self.image("resize", image).arg(format!("--size={size_bytes}B"));
        let call = call.args(["--allow-shrink", "--no-progress"]).time_limit(WALK_WITHIN);
        match self.run(&call, &|| self.named(image)) {
            // It has that length: older programs say so by failing.
            Err(DriverError::Io { .. }) if self.image_bytes(image)? == size_bytes => Ok(()),
            done => done.map(drop),
        }
    }

    /// Gives an image another name, which no image has.
    ///
    /// # Errors
    /// It has the old one.
    pub fn rename_image(&self, image: &str, name: &str) -> Result<(), DriverError> {
        let pool = format!("--dest-pool={}", self.name());
        let call = self.image("mv", image).arg(pool).arg(format!("--dest={name}"));
        self.run(&call, &|| self.named(image)).map(drop)
    }
}
