//! Fault injection around any driver.
