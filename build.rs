//! Rebuilds the program when a file that it carries is added or taken away.

fn main() {
    println!("cargo::rerun-if-changed=models");
    println!("cargo::rerun-if-changed=scenarios");
    println!("cargo::rerun-if-changed=spooler");
}
