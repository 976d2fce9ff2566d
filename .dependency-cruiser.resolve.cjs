const { join } = require('node:path');

// At run time the `#…` imports are the built libraries; here they are their source.
module.exports = {
  resolve: {
    alias: Object.fromEntries(['kernel', 'rules', 'statistics', 'database'].map(name => [`#${name}`, join(__dirname, `libs/${name}/src/index.ts`)])),
  },
};
