//! Embeds the migrations again when one is added: the macro alone does not notice a new folder.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
