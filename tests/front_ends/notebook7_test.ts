import { testPages } from "./_steps.ts";

testPages("Notebook 7");
