//! How the process takes its memory.

/// Allocation under many threads is where the system's allocator falls behind.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Asks the kernel for pages of the ordinary size. The allocator invites it to back memory by huge pages, each of which
/// counts as used in whole as soon as a byte of it is: an idle server is a third smaller without. To be called before
/// threads are started, which inherit it. A kernel that does not know of it changes nothing.
pub(crate) fn stay_small() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn threads_that_are_started_afterwards_have_no_huge_pages() {
        super::stay_small();

        let started = std::thread::spawn(rustix::thread::transparent_huge_pages_are_disabled);

        assert!(started.join().expect("no panic").expect("the kernel tells"));
    }
}
