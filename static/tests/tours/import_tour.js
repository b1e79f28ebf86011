import { registry } from "@web/core/registry";

/** Step that chooses a file, as the dialog of the browser does; ``getContent`` returns what it holds. */
function choose(name, getContent) {
    return {
        content: `Choose ${name}`,
        trigger: ".o_field_widget[name=file] input[type=file]:not(:visible)",
        async run({ anchor }) {
            const files = new DataTransfer();
            files.items.add(new File([await getContent()], name));
            anchor.files = files.files;
            anchor.dispatchEvent(new Event("change", { bubbles: true }));
        },
    };
}

const PEOPLE = "Reference;Name;E-Mail\nT-1;Tour Zoë;zoe@example.com\nT-2;Tour Karel;karel@example.com\n";

function chooseAndCheck(name, getContent) {
    return [
        choose(name, getContent),
        { trigger: `.o_field_widget[name=file] input:value(${name})` },
        { trigger: ".o_statusbar_buttons button:contains(Check)", run: "click" },
    ];
}

registry.category("web_tour.tours").add("practice_import_patients", {
    steps: () => [
        { trigger: ".o_list_button_add", run: "click" },
        {
            content: "The template says which columns there are",
            trigger: ".o_statusbar_buttons button:contains(Template)",
            run: "click",
        },
        // Unchanged it holds an example.
        ...chooseAndCheck("template.xlsx", async () =>
            (await fetch("/practice_billing/imports/patient.xlsx")).blob()
        ),
        { trigger: ".alert-warning:contains(Rows with problems: 1)" },
        { trigger: ".o_field_widget[name=problem_ids] .o_data_row:contains(example of the template)" },
        { trigger: ".o_statusbar_buttons button:contains(Choose Another File)", run: "click" },
        ...chooseAndCheck("mended.csv", () => PEOPLE),
        { trigger: ".alert-success:contains(All rows are fine)" },
        { trigger: ".o_statusbar_buttons button.btn-primary:contains(Import)", run: "click" },
        { trigger: ".alert-success:contains(New: 2)" },
        { trigger: "button[name=action_open_created]", run: "click" },
        { trigger: ".o_data_row:contains(Tour Zoë)" },
        { trigger: ".o_data_row:contains(Tour Karel)" },
        {
            content: "The same file once more",
            trigger: ".breadcrumb-item a:contains(Import from Another System)",
            run: "click",
        },
        { trigger: ".o_list_button_add", run: "click" },
        ...chooseAndCheck("again.csv", () => PEOPLE),
        { trigger: ".alert-success:contains(All rows are there already)" },
    ],
});
