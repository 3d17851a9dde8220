"""Jupyter's own conformance suite (jupyter_kernel_test) on the kernel that Jupyter finds as "fourtuple"."""
import unittest

import jupyter_kernel_test


class KernelTests(jupyter_kernel_test.KernelTests):
    @classmethod
    def setUpClass(cls):
        # On a busy machine the first answer about code takes longer than a key press may wait for it.
        super().setUpClass()
        cls.kc.execute_interactive("Deno.hostname?", timeout=60)

    kernel_name = "fourtuple"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oops')"
    completion_samples = [{"text": "Deno.hostna", "matches": {"hostname"}}]
    complete_code_samples = ["1 + 1", "const a: number = 1;", "function f() { return 1 }"]
    incomplete_code_samples = ["function f() {", "const a = [1,", "`abc", "/* a"]
    invalid_code_samples = ["let x = ;", "const a = );", "1 +* 2"]
    code_generate_error = "throw new Error('boo')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "[1, 2]", "result": "[ 1, 2 ]"},
        {"code": "'a'", "result": '"a"'},
    ]
    code_display_data = [
        {
            "code": "await Deno.jupyter.display({ 'text/html': '<b>a</b>' }, { raw: true })",
            "mime": "text/html",
        }
    ]
    code_inspect_sample = "Deno.hostname"
    code_page_something = "Deno.hostname?"
    code_clear_output = "await Deno.jupyter.broadcast('clear_output', { wait: false })"
    code_history_pattern = "6 ? 7*"
    supported_history_operations = ("tail", "range", "search")


class IopubWelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "fourtuple"
    support_iopub_welcome = True


if __name__ == "__main__":
    unittest.main(verbosity=2)
