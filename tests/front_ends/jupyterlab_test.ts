import { testPages } from "./_steps.ts";

testPages("JupyterLab 4");
