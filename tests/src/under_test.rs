//! The program, as a binary of this package.

use std::process::ExitCode;

fn main() -> ExitCode {
    api::run()
}
