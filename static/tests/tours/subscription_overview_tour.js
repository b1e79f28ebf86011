import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("practice_subscription_overview", {
    url: "/odoo/subscription-overview",
    steps: () => [
        {
            content: "Revenue is added up and drawn",
            trigger: "[data-figure=mrr]:contains(78.00)",
        },
        {
            trigger: ".o_practice_chart canvas[role=img]",
        },
        {
            content: "The figures are there in words, too",
            trigger: "details summary",
            run: "click",
        },
        {
            trigger: "details[open] td:contains(78.00)",
        },
        {
            content: "Cards are buttons: the keyboard opens them",
            trigger: "[data-card=ending]:contains(1):contains(78.00)",
            run: ({ anchor }) => anchor.focus(),
        },
        {
            trigger: "[data-card=ending]:focus",
            run: "press Enter",
        },
        {
            trigger: ".o_list_view .o_data_row:contains(Tour Kade)",
        },
        {
            trigger: ".o_list_view:not(:contains(Tour Brug))",
        },
        {
            content: "Back on the overview",
            trigger: ".breadcrumb-item a:contains(Overview)",
            run: "click",
        },
        {
            trigger: "[data-card=due]:contains(1)",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains(Tour Brug)",
        },
    ],
});

registry.category("web_tour.tours").add("practice_subscription_overview_desk", {
    url: "/odoo/subscription-overview",
    steps: () => [
        {
            content: "The front desk sees what waits, and no revenue",
            trigger: ".o_practice_overview:has([data-card=ending]):not(:has([data-figure=mrr]))",
        },
    ],
});
