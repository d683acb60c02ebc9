// Gives the stack's parameters their values, from the deployer's environment or .env under the app's names:
// UpstashRedisRestToken is UPSTASH_REDIS_REST_TOKEN.
//
// Where ${env:…} stands in serverless.yml, the value is written into the template, and with stackParameters into
// the state file, and both are uploaded. So the values come when both have been written, in stackParameters.
'use strict';

const variable = (parameter) => parameter.replace(/(?<!^)(?=[A-Z])/g, '_').toUpperCase();

class Secrets {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = {
      'before:package:initialize': () => this.refuseMissing(),
      'before:aws:deploy:deploy:createStack': () => this.giveToStack(),
      'before:offline:start': () => this.giveToProcesses(),
      'before:offline:start:init': () => this.giveToProcesses(),
    };
  }

  get parameters() {
    return this.serverless.service.resources.Parameters;
  }

  value(parameter) {
    return process.env[variable(parameter)] || this.parameters[parameter].Default || '';
  }

  refuseMissing() {
    const required = Object.keys(this.parameters).filter((each) => !('Default' in this.parameters[each]));
    const missing = required.filter((each) => !this.value(each)).map(variable);
    if (missing.length) {
      throw new this.serverless.classes.Error(`${missing.join(' and ')} must be set, in the environment or in .env`);
    }
  }

  giveToStack() {
    this.serverless.service.provider.stackParameters = Object.keys(this.parameters).map((each) => ({
      ParameterKey: each,
      ParameterValue: this.value(each),
    }));
  }

  // serverless-offline makes "[object Object]" of a Ref, and unpacks a zip for each process.
  giveToProcesses() {
    const { service } = this.serverless;
    delete service.package.artifact;
    for (const { environment = {} } of Object.values(service.functions)) {
      for (const [name, given] of Object.entries(environment)) {
        const choices = [given, ...(given['Fn::If'] || []).slice(1)].filter((each) => each.Ref);
        if (choices.length) environment[name] = choices.map(({ Ref }) => this.value(Ref)).find(Boolean) || '';
      }
    }
  }
}

module.exports = Secrets;
