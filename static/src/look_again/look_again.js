import { onWillUnmount, useComponent } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";

/** Milliseconds after which a form looks again how far a run is. */
const INTERVAL = 2000;

/**
 * Read the record of a field anew every now and then, as long as a run changes it and somebody sees it.
 *
 * @param {() => boolean} isRunning
 */
export function useLookAgain(isRunning) {
    const component = useComponent();
    let isLooking = false;
    const timer = browser.setInterval(async () => {
        if (!isRunning() || isLooking || document.hidden) {
            return;
        }
        isLooking = true;
        try {
            await component.props.record.load();
        } finally {
            isLooking = false;
        }
    }, INTERVAL);
    onWillUnmount(() => browser.clearInterval(timer));
}
