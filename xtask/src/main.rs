fn main() {
    println!("cargo xtask: build | demo | test | lint | fmt");
}
