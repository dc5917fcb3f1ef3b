"""The course in a browser tab: kernels as WebAssembly, Pyodide's packages, and a JupyterLite site of both."""
