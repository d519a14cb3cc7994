// Where the verifier in an evidence package begins: says which Node it needs to whoever has an older one, which cannot load the rest.

const { features, version } = process;
if (!features.typescript) {
  process.stderr.write(`The verifier needs Node 22.18 or later, which runs TypeScript; this is ${version}.\n`);
  process.exit(69);
}
void import('../src/cli/verify-package-main.ts');
