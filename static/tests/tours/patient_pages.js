/** Fail when the page has to be scrolled sideways. */
export function fits() {
    const { scrollWidth } = document.documentElement;
    if (scrollWidth > window.innerWidth) {
        throw new Error(`${location.pathname} is ${scrollWidth} wide on a screen of ${window.innerWidth}`);
    }
}

/** Check that a page fits the screen, and go on to the next one. */
export function follow(trigger) {
    return [
        { trigger, run: fits },
        { trigger, run: "click", expectUnloadPage: true },
    ];
}
